"""WebSocket addresses."""

import pytest

from apps.loadtest.errors import AddressInvalid
from apps.loadtest.targets import Target, is_loopback, parse_target


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("ws://h:8001/ws/v1", Target("h", 8001, "/ws/v1", False), "h:8001"),
        ("wss://h", Target("h", 443, "/", True), "h:443"),
        ("ws://[::1]/p?q=1", Target("::1", 80, "/p?q=1", False), "[::1]:80"),
    ],
)
def test_an_address_is_taken_apart(url: str, target: Target, authority: str) -> None:
    assert parse_target(url) == target
    assert target.authority == authority


@pytest.mark.parametrize("url", ["http://h/", "ws:///p", "h:8001", "ws://h:port/", "ws://h:99999/"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(AddressInvalid):
        parse_target(url)


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.9", True), ("localhost", True), ("10.0.0.1", False)])
def test_loopback_addresses_are_known(host: str, expected: bool) -> None:
    assert is_loopback(Target(host, 1, "/", False)) is expected
