"""Connections to a real directory: encryption that can't be stripped, fail-over, bounds, and passwords."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from apps.identity.ldap import client
from apps.identity.ldap.client import Directory, is_right
from apps.identity.ldap.failures import DirectoryFailed, Trouble
from apps.identity.ldap.settings import LdapSettings
from tests.identity.slapd import PASSWORD, PEOPLE, READER_PASSWORD, SUFFIX, Slapd, write_certificates

SOMEBODY = f"uid=user003,ou=研发部,{PEOPLE}"


def entries(settings: LdapSettings, text: str = "(uid=user00*)", limit: int = 1_000) -> list[str]:
    with Directory(settings, READER_PASSWORD) as directory:
        return [entry.text("uid") for entry in directory.search(PEOPLE, text, ["uid"], limit=limit)]


def trouble_of(settings: LdapSettings, password: str = READER_PASSWORD, base: str = PEOPLE, text: str = "(a=b)") -> str:
    with pytest.raises(DirectoryFailed) as failed, Directory(settings, password) as directory:
        list(directory.search(base, text, ["1.1"]))
    return failed.value.trouble


class TestEncryption:
    def test_both_ways_work_with_the_right_authority(self, slapd: Slapd) -> None:
        starttls = slapd.settings(security="starttls", ca_pem=slapd.ca_pem, servers=(f"localhost:{slapd.port}",))
        ldaps = slapd.settings(security="ldaps", ca_pem=slapd.ca_pem, servers=(f"localhost:{slapd.tls_port}",))

        assert len(entries(starttls)) == len(entries(ldaps)) == 10

    def test_an_unknown_authority_is_not_believed(self, slapd: Slapd, tmp_path: Path) -> None:
        other = write_certificates(tmp_path)

        for security, port in (("starttls", slapd.port), ("ldaps", slapd.tls_port)):
            settings = slapd.settings(security=security, ca_pem=other, servers=(f"localhost:{port}",))
            assert trouble_of(settings) == Trouble.CERTIFICATE

    def test_a_certificate_for_another_name_is_not_believed(self, slapd: Slapd) -> None:
        # 127.0.0.2 is this machine too, but not what the certificate says.
        settings = slapd.settings(security="ldaps", ca_pem=slapd.ca_pem, servers=(f"127.0.0.1:{slapd.tls_port}",))
        assert len(entries(settings)) == 10

        with closing(socket.create_server(("127.0.0.2", 0))) as listener:
            _forward(listener, slapd.tls_port)
            elsewhere = (f"127.0.0.2:{listener.getsockname()[1]}",)
            assert trouble_of(slapd.settings(security="ldaps", ca_pem=slapd.ca_pem, servers=elsewhere)) == (
                Trouble.CERTIFICATE
            )

    def test_a_stripped_starttls_ends_it_before_any_password(self, stripper: tuple[int, list[bytes]]) -> None:
        port, heard = stripper
        settings = LdapSettings(
            servers=(f"localhost:{port}",), security="starttls", bind_dn=f"cn=reader,{SUFFIX}", people_base=PEOPLE
        )

        assert trouble_of(settings) == Trouble.TLS_REFUSED
        assert not any(READER_PASSWORD.encode() in each for each in heard)


@pytest.fixture
def stripper() -> Iterator[tuple[int, list[bytes]]]:
    """Somebody between who answers StartTLS with "unavailable" (RFC 4511 §4.14), and keeps what is said."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            peer = listener.accept()[0]
            with peer, suppress(OSError):  # the client tries the port first, and may hang up rudely
                peer.settimeout(5)
                while data := peer.recv(4096):
                    heard.append(data)
                    peer.sendall(_unavailable(data))

    def serve_until_closed() -> None:
        with suppress(OSError):
            serve()

    threading.Thread(target=serve_until_closed, daemon=True).start()
    yield listener.getsockname()[1], heard
    listener.close()


def _unavailable(request: bytes) -> bytes:
    """Answer an extended request, whose number may be longer than a byte: they count on through the whole process."""
    number = request[2 : 4 + request[3]]  # 30 length, then 02 length number
    body = number + b"\x78\x07\x0a\x01\x34\x04\x00\x04\x00"
    return b"\x30" + bytes([len(body)]) + body


@pytest.mark.parametrize("number", [b"\x02\x01\x07", b"\x02\x02\x00\xdf"])
def test_the_false_server_answers_what_it_was_asked(number: bytes) -> None:
    answer = _unavailable(b"\x30\x1d" + number + b"\x77\x18\x80\x16")

    assert answer[2:].startswith(number)
    assert answer[1] == len(answer) - 2


def _forward(listener: socket.socket, port: int) -> None:
    """Pass one connection on to slapd, byte by byte."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            return

    def serve() -> None:
        near = listener.accept()[0]
        far = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(near, far), daemon=True).start()
        pump(far, near)

    threading.Thread(target=serve, daemon=True).start()


def _trickle(listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Answer whoever connects with the beginning of a long message, and then with a byte now and then."""

    def answer(peer: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(peer, server_side=True) if tls else peer as channel:
            channel.recv(4096)
            channel.sendall(b"\x30\x84\x00\x10\x00\x00")
            while True:
                channel.sendall(b"\x00")
                time.sleep(0.2)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


class TestTrouble:
    def test_the_next_server_is_asked_when_one_is_down(self, slapd: Slapd) -> None:
        settings = slapd.settings(servers=("127.0.0.1:1", f"127.0.0.1:{slapd.port}"))

        assert len(entries(settings)) == 10
        assert trouble_of(slapd.settings(servers=("127.0.0.1:1",))) == Trouble.UNREACHABLE

    def test_a_server_that_says_nothing_is_not_waited_for_long(self, slapd: Slapd) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as mute:
            settings = slapd.settings(servers=(f"127.0.0.1:{mute.getsockname()[1]}",), timeout_s=1)

            assert trouble_of(settings) in (Trouble.TIMEOUT, Trouble.UNREACHABLE)

    @pytest.mark.parametrize("is_tls", [False, True])
    def test_an_answer_that_never_ends_is_not_waited_for_long(
        self, slapd: Slapd, monkeypatch: pytest.MonkeyPatch, *, is_tls: bool
    ) -> None:
        """Each byte comes in time, and there is always one more."""
        monkeypatch.setattr(client, "PATIENCE", 2)
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            address = (f"127.0.0.1:{listener.getsockname()[1]}",)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(slapd.folder / "server.pem", slapd.folder / "server.key")
            _trickle(listener, tls if is_tls else None)
            security = "ldaps" if is_tls else "plain"
            settings = slapd.settings(servers=address, security=security, ca_pem=slapd.ca_pem, timeout_s=1)
            began = time.monotonic()

            assert trouble_of(settings) == Trouble.TIMEOUT
            assert 1.5 < time.monotonic() - began < 20

    def test_a_wrong_password_of_ours_a_missing_base_and_a_bad_filter_are_told_apart(self, slapd: Slapd) -> None:
        settings = slapd.settings()

        assert trouble_of(settings, password="wrong") == Trouble.BIND_REFUSED
        assert trouble_of(settings, base=f"ou=none,{SUFFIX}") == Trouble.NO_SUCH_BASE
        assert trouble_of(settings, text="(uid=*") == Trouble.BAD_FILTER
        assert trouble_of(settings, base="nonsense") == Trouble.PROTOCOL


def test_it_reads_page_by_page_and_never_half_of_it(slapd: Slapd) -> None:
    settings = slapd.settings(page_size=10)

    assert len(entries(settings, "(uid=*)")) == 220
    with pytest.raises(DirectoryFailed) as failed:
        entries(settings, "(uid=*)", limit=15)
    assert failed.value.trouble == Trouble.TOO_MANY


def test_nobody_is_bound_without_a_password(slapd: Slapd) -> None:
    assert trouble_of(slapd.settings(), password="") == Trouble.BIND_REFUSED


def test_a_password_is_right_wrong_or_empty(slapd: Slapd) -> None:
    settings = slapd.settings()

    assert is_right(settings, dn=SOMEBODY, password=PASSWORD)
    assert not is_right(settings, dn=SOMEBODY, password="wrong")
    assert not is_right(settings, dn=f"uid=nobody,{PEOPLE}", password=PASSWORD)
    # slapd takes a name with an empty password for an anonymous bind, and says that it worked (RFC 4513 §5.1.2).
    assert not is_right(settings, dn=SOMEBODY, password="")
    assert not is_right(settings, dn="", password=PASSWORD)
    with pytest.raises(DirectoryFailed):
        is_right(slapd.settings(servers=("127.0.0.1:1",)), dn=SOMEBODY, password=PASSWORD)
