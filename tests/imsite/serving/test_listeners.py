"""Listening sockets are bound once per port, or refused in one line."""

import socket

import pytest

from imsite.errors import OperatorError
from imsite.serving import listeners as module
from imsite.serving.listeners import open_group, open_listeners
from tests.ports import take_port


def test_connections_are_queued_at_once() -> None:
    port = take_port()

    [listener] = open_listeners("127.0.0.1", {"IM_HTTP_PORT": port})

    with listener, socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        assert connection.getpeername()[1] == port
        assert not listener.getblocking()


def test_two_names_of_one_port_share_a_socket() -> None:
    port = take_port()

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
        [listener] = open_listeners("::1", {"IM_HTTP_PORT": take_port()})
    except OperatorError:
        pytest.skip("no IPv6 on this machine")

    with listener:
        assert listener.family == socket.AF_INET6


class TestGroup:
    @pytest.mark.skipif(not module.HAS_QUEUES, reason="the kernel does not spread connections")
    def test_each_process_has_a_queue_of_its_own_and_connections_spread_over_them(self) -> None:
        port = take_port()

        groups = open_group("127.0.0.1", {"IM_WS_PORT": port}, 3)

        connections = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(120)]
        counts = [accept_all(group[0]) for group in groups]
        assert sum(counts) == 120
        assert min(counts) > 0
        for each in [*connections, *(listener for group in groups for listener in group)]:
            each.close()

    def test_elsewhere_all_take_from_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "HAS_QUEUES", False)

        groups = open_group("127.0.0.1", {"IM_HTTP_PORT": take_port(), "IM_WS_PORT": take_port()}, 3)

        assert len({id(listener) for group in groups for listener in group}) == 2
        for listener in groups[0]:
            listener.close()

    def test_the_port_of_another_program_is_refused_even_if_that_shares_its_own(self) -> None:
        port = take_port()
        [others] = open_listeners("127.0.0.1", {"IM_WS_PORT": port}, shared=True)

        with others, pytest.raises(OperatorError, match=rf"{port}.*IM_WS_PORT"):
            open_group("127.0.0.1", {"IM_WS_PORT": port}, 2)

    def test_one_alone_shares_with_nobody(self) -> None:
        port = take_port()

        [[listener]] = open_group("127.0.0.1", {"IM_WS_PORT": port}, 1)

        with listener, pytest.raises(OperatorError, match="IM_WS_PORT"):
            open_listeners("127.0.0.1", {"IM_WS_PORT": port}, shared=True)

    def test_a_taken_port_leaves_none_of_the_others_open(self) -> None:
        port = take_port()
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OperatorError, match="IM_WS_PORT"):
            open_listeners("127.0.0.1", {"IM_HTTP_PORT": port, "IM_WS_PORT": taken.getsockname()[1]})

        [listener] = open_listeners("127.0.0.1", {"IM_HTTP_PORT": port})
        listener.close()


def accept_all(listener: socket.socket) -> int:
    """How many connections wait."""
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
