"""Addresses that operators write are taken apart, and what is none is named."""

import socket

import pytest

from imsite.addresses import outward_address, parse_database_url, parse_node_address
from imsite.errors import SettingError


def test_a_url_is_taken_apart() -> None:
    address = parse_database_url("postgresql://im%40x:p%2Fw@db.example:6543/chat?sslmode=require")

    assert (address.host, address.port, address.user, address.password, address.name) == (
        "db.example",
        6543,
        "im@x",
        "p/w",
        "chat",
    )
    assert address.options == {"sslmode": "require"}


def test_conninfo_quotes_what_libpq_would_misread() -> None:
    address = parse_database_url("postgresql://u:it's%5C@h/d")

    assert address.conninfo == "host='h' port='5432' user='u' password='it\\'s\\\\' dbname='d'"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mysql://h/d", "postgresql://"),
        ("postgresql://h:port/d", "not a number"),
        ("postgresql:///d", "host"),
        ("postgresql://h/", "database name"),
    ],
)
def test_a_bad_url_says_what_is_wrong(url: str, hint: str) -> None:
    with pytest.raises(SettingError, match=hint):
        parse_database_url(url)


@pytest.mark.parametrize("text", ["a", "a:", ":1", "a:0", "a:65536", "a:b", "[]:1"])
def test_what_is_no_address_of_a_node_is_named(text: str) -> None:
    with pytest.raises(SettingError, match="HOST:PORT"):
        parse_node_address(text)


def test_without_any_route_the_loopback_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("imsite.addresses.socket.socket.connect", refuse)

    assert outward_address() == "127.0.0.1"
    assert outward_address(socket.AF_INET6) == "::1"
