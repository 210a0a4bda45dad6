"""Talking to a directory: connecting with fail-over, binding, reading page by page. RFC 4511, RFC 2696 (pages).

Nothing is said before the channel is as safe as the settings ask for: a StartTLS that a server, or somebody between,
refuses ends the attempt instead of going on in the clear. Referrals are never followed: they would send the password
wherever an answer says. Every wait has a bound.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Timer
from types import TracebackType
from typing import Any, Final

from ldap3 import BASE, NONE, SIMPLE, SUBTREE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import (
    LDAPCertificateError,
    LDAPException,
    LDAPInvalidFilterError,
    LDAPResponseTimeoutError,
    LDAPSocketOpenError,
    LDAPSocketReceiveError,
    LDAPStartTLSError,
)
from ldap3.core.results import (
    RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    RESULT_INVALID_CREDENTIALS,
    RESULT_NO_SUCH_OBJECT,
    RESULT_REFERRAL,
    RESULT_SIZE_LIMIT_EXCEEDED,
    RESULT_SUCCESS,
    RESULT_TIME_LIMIT_EXCEEDED,
)

from apps.identity.ldap.failures import PASSING, DirectoryFailed, Trouble
from apps.identity.ldap.settings import LdapSettings, split_server

MAX_ENTRIES: Final = 200_000
"""Of one search; a directory that answers with more is not read any further, and the run fails."""
PATIENCE: Final = 4
"""An answer has to be whole after so many times the settings' `timeout_s`, which bounds the wait for its next byte."""
_PAGED: Final = "1.2.840.113556.1.4.319"
_PORTS: Final = {"ldaps": 636, "starttls": 389, "plain": 389}
_MEANINGS: Final = {
    RESULT_NO_SUCH_OBJECT: Trouble.NO_SUCH_BASE,
    RESULT_INSUFFICIENT_ACCESS_RIGHTS: Trouble.NOT_PERMITTED,
    RESULT_SIZE_LIMIT_EXCEEDED: Trouble.TOO_MANY,
    RESULT_TIME_LIMIT_EXCEEDED: Trouble.TIMEOUT,
    RESULT_REFERRAL: Trouble.REFERRAL,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the directory gave it. Names of attributes are in lower case."""

    dn: str
    attributes: Mapping[str, list[bytes]]

    def text(self, attribute: str) -> str:
        """Return the first value as text; "" if there is none."""
        values = self.attributes.get(attribute.lower())
        return values[0].decode("utf-8", "replace").strip() if attribute and values else ""

    def raw(self, attribute: str) -> bytes:
        """Return the first value as it is."""
        values = self.attributes.get(attribute.lower())
        return bytes(values[0]) if values else b""


class Directory:
    """An open connection to the first server that answers, bound with the settings' own name. A context manager.

    `beat` is called before each server and each page is asked; what it raises ends the conversation.
    """

    def __init__(self, settings: LdapSettings, password: str, *, beat: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._password = password
        self._beat = beat
        self._connection: Connection | None = None

    def __enter__(self) -> "Directory":
        """Connect and bind. Raises DirectoryFailed, also without a password: that would be an anonymous bind."""
        if not self._password:
            raise DirectoryFailed(Trouble.BIND_REFUSED)
        self._connection = _connected(self._settings, self._settings.bind_dn, self._password, beat=self._beat)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        if self._connection is not None:
            _hang_up(self._connection)
            self._connection = None

    def search(
        self, base: str, text: str, attributes: list[str], *, is_deep: bool = True, limit: int = MAX_ENTRIES
    ) -> Iterator[Entry]:
        """Yield the entries at `base` and below, page by page; `is_deep` False: the base itself only.

        Raises DirectoryFailed, also when there are more than `limit`: half an answer is none.
        """
        cookie: bytes | None = None
        count = 0
        while True:
            self._beat()
            entries, cookie = self._page(base, text, attributes, SUBTREE if is_deep else BASE, cookie)
            for entry in entries:
                count += 1
                if count > limit:
                    raise DirectoryFailed(Trouble.TOO_MANY, detail=str(limit))
                yield entry
            if not cookie:
                return

    def _page(
        self, base: str, text: str, attributes: list[str], scope: Any, cookie: bytes | None
    ) -> tuple[list[Entry], bytes | None]:
        assert self._connection is not None, "used outside of its block"  # noqa: S101
        connection = self._connection
        try:
            with _answered_in_time(connection, self._settings):
                connection.search(
                    base,
                    text,
                    scope,
                    attributes=attributes,
                    paged_size=self._settings.page_size,
                    paged_cookie=cookie,
                    time_limit=self._settings.timeout_s,
                )
        except (LDAPException, OSError) as error:
            raise _failure(error, "") from error
        result = connection.result or {}
        if result.get("result") != RESULT_SUCCESS:
            raise DirectoryFailed(
                _MEANINGS.get(result.get("result"), Trouble.PROTOCOL), detail=str(result.get("description", ""))
            )
        page = result.get("controls", {}).get(_PAGED, {}).get("value", {}).get("cookie")
        return [_entry(each) for each in connection.response or [] if each["type"] == "searchResEntry"], page


def is_right(settings: LdapSettings, *, dn: str, password: str) -> bool:
    """Tell whether this is the password of the entry, by binding with it. Raises DirectoryFailed.

    An empty password is never sent: servers take such a bind for an anonymous one and call it a success
    (RFC 4513 §5.1.2).
    """
    if not password or not dn:
        return False
    try:
        connection = _connected(settings, dn, password)
    except DirectoryFailed as error:
        if error.trouble == Trouble.BIND_REFUSED:
            return False
        raise
    _hang_up(connection)
    return True


def _connected(
    settings: LdapSettings, dn: str, password: str, *, beat: Callable[[], None] = lambda: None
) -> Connection:
    """Return a bound connection to the first server that works. Raises the last one's DirectoryFailed."""
    failed = DirectoryFailed(Trouble.UNREACHABLE)
    for server in settings.servers:
        beat()
        try:
            return _connect(settings, server, dn, password)
        except DirectoryFailed as error:
            if error.trouble not in PASSING:
                raise
            failed = error
    raise failed


def _connect(settings: LdapSettings, address: str, dn: str, password: str) -> Connection:
    host, port = split_server(address, default_port=_PORTS[settings.security])
    try:
        server = Server(
            host,
            port=port,
            use_ssl=settings.security == "ldaps",
            tls=_tls(settings, host),
            get_info=NONE,
            connect_timeout=settings.timeout_s,
        )
        connection = Connection(
            server,
            user=dn,
            password=password,
            authentication=SIMPLE,
            client_strategy=SYNC,
            auto_referrals=False,
            check_names=False,
            read_only=True,
            raise_exceptions=False,
            return_empty_attributes=False,
            receive_timeout=settings.timeout_s,
        )
        connection.open(read_server_info=False)
    except (LDAPException, OSError) as error:
        raise _failure(error, address) from error
    try:
        with _answered_in_time(connection, settings):
            if settings.security == "starttls" and not connection.start_tls(read_server_info=False):
                raise DirectoryFailed(Trouble.TLS_REFUSED, server=address)
            _bind(connection, address)
    except (LDAPException, OSError) as error:
        _hang_up(connection)
        raise _failure(error, address) from error
    except DirectoryFailed:
        _hang_up(connection)
        raise
    return connection


def _bind(connection: Connection, address: str) -> None:
    if connection.bind(read_server_info=False):
        return
    result = connection.result or {}
    code = result.get("result")
    if code in (RESULT_INVALID_CREDENTIALS, RESULT_NO_SUCH_OBJECT):
        raise DirectoryFailed(Trouble.BIND_REFUSED, server=address, detail=str(result.get("description", "")))
    # A locked, disabled or expired account, a name that isn't one: whatever it is called, nobody is let in.
    trouble = Trouble.REFERRAL if code == RESULT_REFERRAL else Trouble.BIND_REFUSED
    raise DirectoryFailed(trouble, server=address, detail=str(result.get("description", "")))


def _tls(settings: LdapSettings, host: str) -> Tls | None:
    if settings.security == "plain":
        return None
    return Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_data=settings.ca_pem or None,
        ssl_options=[ssl.OP_NO_TLSv1, ssl.OP_NO_TLSv1_1],
        sni=host,
    )


@contextmanager
def _answered_in_time(connection: Connection, settings: LdapSettings) -> Iterator[None]:
    """Hang up on a server whose answer never ends: one byte in time after another would hold its thread for ever.

    Raises LDAPResponseTimeoutError then. A TLS handshake has a bound of its own.
    """
    bound_s = settings.timeout_s * PATIENCE
    is_over = Event()

    def hang_up() -> None:
        is_over.set()
        with suppress(OSError):  # not the method of TLS sockets, which takes the channel from under the one who reads
            socket.socket.shutdown(connection.socket, socket.SHUT_RDWR)

    timer = Timer(bound_s, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (LDAPException, OSError) as error:
        if is_over.is_set():
            raise LDAPResponseTimeoutError(f"no whole answer in {bound_s} s") from error
        raise
    finally:
        timer.cancel()


def _hang_up(connection: Connection) -> None:
    try:
        connection.unbind()
    except (LDAPException, OSError):
        return


def _failure(error: Exception, address: str) -> DirectoryFailed:
    """What an error of the library means."""
    text = str(error)
    trouble = Trouble.PROTOCOL
    if "certificate" in text.lower() or isinstance(error, LDAPCertificateError):
        trouble = Trouble.CERTIFICATE
    elif isinstance(error, LDAPStartTLSError) or "ssl" in text.lower():
        trouble = Trouble.TLS_REFUSED
    elif isinstance(error, LDAPResponseTimeoutError) or "timed out" in text:
        trouble = Trouble.TIMEOUT
    elif isinstance(error, LDAPSocketOpenError | LDAPSocketReceiveError | OSError):
        trouble = Trouble.UNREACHABLE
    elif isinstance(error, LDAPInvalidFilterError):
        trouble = Trouble.BAD_FILTER
    return DirectoryFailed(trouble, server=address, detail=text[:300])


def _entry(found: Mapping[str, Any]) -> Entry:
    raw = found["raw_attributes"]
    return Entry(str(found["dn"]), {name.lower().partition(";")[0]: list(values) for name, values in raw.items()})
