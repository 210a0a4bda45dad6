"""What keeps a directory from answering. Never shown to people who sign in; administrators read the code's text."""

from enum import StrEnum


class Trouble(StrEnum):
    """Stable codes, from the first thing that can go wrong to the last."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS_REFUSED = "tls_refused"
    CERTIFICATE = "certificate"
    BIND_REFUSED = "bind_refused"
    NO_SUCH_BASE = "no_such_base"
    BAD_FILTER = "bad_filter"
    NOT_PERMITTED = "not_permitted"
    TOO_MANY = "too_many"
    REFERRAL = "referral"
    PROTOCOL = "protocol"


PASSING = frozenset({Trouble.UNREACHABLE, Trouble.TIMEOUT, Trouble.TLS_REFUSED, Trouble.CERTIFICATE})
"""Trouble of one server, which another one of the same directory may not have."""


class DirectoryFailed(Exception):
    """The directory could not be asked. `detail` is the server's or the library's own word, without secrets."""

    def __init__(self, trouble: Trouble, *, server: str = "", detail: str = "") -> None:
        super().__init__(f"{trouble} {server} {detail}".strip())
        self.trouble = trouble
        self.server = server
        self.detail = detail
