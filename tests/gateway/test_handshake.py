"""What the gateway makes of the request that opens a socket."""

from typing import Any

import pytest

from apps.gateway.handshake import address_of, header, language_of, origin_is_allowed

HOST = (b"host", b"chat.example.com:8001")


def from_origin(origin: str) -> list[tuple[bytes, bytes]]:
    return [HOST, (b"origin", origin.encode())]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://chat.example.com:8000", True),
        ("https://CHAT.example.com", True),
        ("https://evil.example.com", False),
        ("https://chat.example.com.evil.com", False),
        ("null", False),
        ("http://[broken", False),
    ],
)
def test_by_default_a_page_must_come_from_the_same_host_on_any_port(origin: str, allowed: bool) -> None:
    assert origin_is_allowed(from_origin(origin), []) is allowed


def test_without_a_host_no_page_is_trusted() -> None:
    assert not origin_is_allowed([(b"origin", b"http://chat.example.com")], [])
    assert not origin_is_allowed([(b"origin", b"null")], [])


def test_programs_send_no_origin_and_may() -> None:
    assert origin_is_allowed([HOST], [])
    assert origin_is_allowed([HOST], ["https://chat.example.com"])


@pytest.mark.parametrize(
    ("entry", "origin", "allowed"),
    [
        ("https://web.example.com", "https://web.example.com", True),
        ("https://web.example.com", "http://web.example.com", False),
        ("https://web.example.com", "https://web.example.com:444", False),
        ("web.example.com", "http://web.example.com:8000", True),
        ("web.example.com", "https://chat.example.com", False),
        ("*", "https://anywhere.example.org", True),
    ],
)
def test_a_list_replaces_the_default(entry: str, origin: str, allowed: bool) -> None:
    assert origin_is_allowed(from_origin(origin), [entry]) is allowed


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("de, en;q=0.5", "en"),
        ("*", "en"),
        ("", "en"),
        ("xx-nonsense", "en"),
    ],
)
def test_the_language_is_the_first_one_spoken_here(accepted: str, language: str) -> None:
    assert language_of([(b"accept-language", accepted.encode())]) == language


def test_a_header_that_is_missing_is_empty() -> None:
    assert header([HOST], b"origin") == ""


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        ({"client": ("10.0.0.9", 4711)}, "10.0.0.9"),
        ({"client": ("::1", 4711)}, "::1"),
        ({"client": ("", 0)}, ""),
        ({"client": ("/run/socket", 0)}, ""),
        ({"client": None}, ""),
        ({}, ""),
    ],
)
def test_the_peers_address_is_the_servers_word(scope: dict[str, Any], address: str) -> None:
    assert address_of(scope) == address
