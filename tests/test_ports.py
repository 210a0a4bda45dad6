"""Ports for tests: no two alike, none of another worker's, none that is taken."""

import socket

import pytest

from imsite.ports import CHOICE_FIRST
from tests import ports


def test_workers_share_no_port_and_none_is_one_that_others_choose_from() -> None:
    stretches = [ports.stretch(worker, 3) for worker in range(3)]
    every = [port for stretch in stretches for port in stretch]

    assert len(set(every)) == len(every) > 150
    assert min(every) >= ports.FIRST
    assert max(every) + ports.SPACING <= CHOICE_FIRST


def test_nothing_is_handed_out_twice_before_its_turn_comes_again() -> None:
    taken = [ports.take_port() for _ in range(20)]

    assert len({port + place for port in taken for place in range(ports.SPACING)}) == 20 * ports.SPACING


@pytest.mark.parametrize("place", [0, 10, 40])
def test_ports_of_which_one_is_taken_are_passed_over(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    first, second = ports.take_port(), ports.take_port()
    monkeypatch.setattr(ports, "_own", range(2))
    monkeypatch.setattr(ports, "_turns", iter([first, second, first]))

    with socket.create_server(("127.0.0.1", first + place)):
        assert ports.take_port() == second
        with pytest.raises(OSError, match="no free port"):
            ports.take_port()
