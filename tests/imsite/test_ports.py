"""Ports are judged as a server about to bind them would find them."""

import random
import socket
from collections.abc import Iterator

import pytest

from imsite import ports
from imsite.errors import OperatorError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not ports.is_port_free(taken)


def test_a_port_somebody_listens_on_for_every_address_is_not_free() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_port_free(server.getsockname()[1])


def test_a_port_is_free_again_once_its_server_has_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # leaves the server's side in TIME_WAIT

    assert ports.is_port_free(port)


def test_requiring_a_taken_port_names_port_and_setting(taken: int) -> None:
    with pytest.raises(OperatorError, match=rf"port {taken} is taken.*IM_HTTP_PORT"):
        ports.require_free_port("IM_HTTP_PORT", taken, "127.0.0.1")


def test_the_chosen_port_is_free_and_outside_the_range_of_outgoing_connections() -> None:
    port = ports.choose_free_port(random.Random(1))

    assert ports.CHOICE_FIRST <= port <= ports.CHOICE_LAST
    assert ports.is_port_free(port)


def test_choosing_passes_over_taken_ports() -> None:
    first = ports.choose_free_port(random.Random(2))

    with socket.create_server(("127.0.0.1", first)):
        second = ports.choose_free_port(random.Random(2))

    assert second != first


def test_no_free_port_at_all_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_port_free", lambda _port: False)

    with pytest.raises(OperatorError, match="no free TCP port"):
        ports.choose_free_port(random.Random(3))
