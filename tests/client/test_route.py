"""A node may send a client on, once at a time, and never to where it would be worse off."""

import pytest

from apps.client.addresses import Addresses
from apps.client.route import Route


def begun(*addresses: str) -> Route:
    route = Route(Addresses(addresses or ("ws://a/ws/v1", "ws://b/ws/v1")))
    route.next()
    return route


def test_the_list_is_followed_and_its_nodes_may_send_on() -> None:
    route = begun()

    first = (route.address, route.follows)
    route.failed()
    route.next()

    assert first == ("ws://a/ws/v1", True)
    assert (route.address, route.follows) == ("ws://b/ws/v1", True)


def test_a_named_address_is_used_once_and_sends_nobody_on() -> None:
    route = begun()

    route.sent_on("ws://c/ws/v1")
    route.next()
    there = (route.address, route.follows)
    route.failed()
    route.next()

    assert there == ("ws://c/ws/v1", False)
    assert (route.address, route.follows) == ("ws://a/ws/v1", False), "the node that sent us is still there"


def test_after_an_arrival_nodes_may_send_on_again() -> None:
    route = begun()
    route.sent_on("ws://c/ws/v1")
    route.next()

    route.arrived()
    route.failed()
    route.next()

    assert (route.address, route.follows) == ("ws://a/ws/v1", True)


def test_nobody_is_sent_on_twice() -> None:
    route = begun()
    route.sent_on("ws://c/ws/v1")
    route.next()

    route.sent_on("ws://d/ws/v1")
    route.next()

    assert route.address == "ws://a/ws/v1"


def test_a_node_that_cannot_send_on_is_not_asked_to_until_one_lets_us_in() -> None:
    route = begun()

    route.stay()
    before = route.follows
    route.next()
    then = route.follows
    route.arrived()

    assert (before, then, route.follows) == (False, False, True)


@pytest.mark.parametrize("url", ["http://c/", "", "ws://", "ws://c:99999/", "ws://c:0/", "ws://[c/"])
def test_what_is_no_address_is_not_followed(url: str) -> None:
    route = begun()

    route.sent_on(url)
    route.next()

    assert (route.address, route.follows) == ("ws://a/ws/v1", False)


@pytest.mark.parametrize(
    ("origin", "url", "followed"),
    [
        ("wss://a/", "ws://c/", False),
        ("wss://a/", "wss://c/", True),
        ("ws://a/", "wss://c/", True),
    ],
)
def test_a_protected_connection_stays_protected(origin: str, url: str, followed: bool) -> None:
    route = begun(origin)

    route.sent_on(url)
    route.next()

    assert (route.address == url) is followed
