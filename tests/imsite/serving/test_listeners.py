"""Listening sockets are bound once per port, or refused in one line."""

import socket

import pytest

from imsite.errors import OperatorError
from imsite.serving.listeners import open_listeners


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_connections_are_queued_at_once() -> None:
    port = free_port()

    [listener] = open_listeners("127.0.0.1", {"IM_HTTP_PORT": port})

    with listener, socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        assert connection.getpeername()[1] == port
        assert not listener.getblocking()


def test_two_names_of_one_port_share_a_socket() -> None:
    port = free_port()

    listeners = open_listeners("127.0.0.1", {"IM_HTTP_PORT": port, "IM_WS_PORT": port})

    assert len(listeners) == 1
    listeners[0].close()


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(OperatorError, match=rf"127\.0\.0\.1:{port}.*IM_WS_PORT"):
            open_listeners("127.0.0.1", {"IM_WS_PORT": port})


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_is_listened_on() -> None:
    try:
        [listener] = open_listeners("::1", {"IM_HTTP_PORT": free_port()})
    except OperatorError:
        pytest.skip("no IPv6 on this machine")

    with listener:
        assert listener.family == socket.AF_INET6
