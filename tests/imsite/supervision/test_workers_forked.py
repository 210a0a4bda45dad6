"""The part of a forked process between the fork and the end, without a fork."""

import os
import socket
from typing import Any

import pytest

from imsite.errors import NodeRemoved, OperatorError
from imsite.supervision import workers
from imsite.supervision.processes import ProcessPlan
from imsite.supervision.workers import CRASH_EXIT_CODE, Worker, Workers
from tests.imsite.supervision.builders import worker


class Ended(BaseException):
    """What `os._exit` does in a test that lives on."""


class TestInTheNewProcess:
    """The part between the fork and the end, without a fork."""

    @pytest.fixture
    def code(self, monkeypatch: pytest.MonkeyPatch, kept_handlers: None) -> list[int]:
        """The exit code, once it has ended."""
        codes: list[int] = []

        def leave(code: int) -> None:
            codes.append(code)
            raise Ended

        monkeypatch.setattr("imsite.supervision.workers.os._exit", leave)
        monkeypatch.setattr(workers, "_end_with_parent", lambda _pipe: None)
        return codes

    def be(self, serve: Any, *others: Worker, asked: bool = False) -> None:
        me = worker("me", socket.create_server(("127.0.0.1", 0)))
        crew = Workers([me, *others], serve)
        crew._theirs, crew._ours = os.pipe()
        crew._asked_to_stop = asked
        with pytest.raises(Ended):
            crew._be(me)
        os.close(crew._theirs)
        assert me.listeners[0].fileno() > 0
        me.listeners[0].close()

    def test_it_lets_go_of_the_ports_of_others(self, code: list[int]) -> None:
        other = worker("other", socket.create_server(("127.0.0.1", 0)))
        served: list[str] = []

        self.be(lambda plan, _listeners: served.append(plan.name), other)

        assert (served, code, other.listeners[0].fileno()) == (["me"], [0], -1)

    def test_a_signal_that_came_too_early_is_not_lost(self, code: list[int]) -> None:
        served: list[str] = []

        self.be(lambda plan, _listeners: served.append(plan.name), asked=True)

        assert (served, code) == ([], [0])

    @pytest.mark.parametrize(
        ("error", "expected"), [(OperatorError("the disk is full"), 1), (NodeRemoved("the disk is full"), 3)]
    )
    def test_what_operators_can_put_right_is_one_line(
        self, code: list[int], capsys: pytest.CaptureFixture[str], error: OperatorError, expected: int
    ) -> None:
        def serve(_plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
            raise error

        self.be(serve)

        assert code == [expected]
        assert capsys.readouterr().err == "imsite: me: the disk is full\n"

    def test_what_nobody_expected_keeps_its_traceback(
        self, code: list[int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        def serve(_plan: ProcessPlan, _listeners: list[socket.socket]) -> None:
            raise RuntimeError("a bug")

        self.be(serve)

        assert code == [CRASH_EXIT_CODE]
        assert "RuntimeError: a bug" in capsys.readouterr().err
