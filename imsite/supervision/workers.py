"""Runs the processes of one node: forks them off one that has loaded everything, and starts again what dies.

So the program is loaded once, its memory is shared as long as nobody writes to it, and a process that died serves again
without loading anything. The listening sockets are kept here: what connects while a process starts again waits for it.
Must be called while this process has no other thread, event loop or database connection. Not for Windows.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, NoReturn

from imsite.errors import NodeRemoved, OperatorError
from imsite.phrases import phrase
from imsite.supervision.processes import ProcessPlan
from imsite.supervision.restarts import RestartBudget

WATCH_POLL_S: Final = 0.1
STOP_TIMEOUT_S: Final = 28.0
"""A process takes at most 25 s to finish its sessions and to hand over what it owned; then it is killed."""
CRASH_EXIT_CODE: Final = 70

Serve = Callable[[ProcessPlan, list[socket.socket]], None]
"""Serves in a process of its own until that is told to stop. Raises OperatorError."""


@dataclass
class Worker:
    """One process and its past."""

    plan: ProcessPlan
    listeners: list[socket.socket]
    pid: int = 0
    """0 while it does not run."""
    start_at: float | None = 0.0
    """From when on it is to be started; None: not any more."""
    started_at: float = 0.0
    budget: RestartBudget = field(default_factory=RestartBudget)


class Workers:
    """Made once; `run` returns when all have ended."""

    def __init__(self, workers: list[Worker], serve: Serve) -> None:
        self._workers = workers
        self._serve = serve
        self._asked_to_stop = False
        self._ours, self._theirs = -1, -1

    def run(self, *, until_stdin_closes: bool) -> None:
        """Keep all running until told to stop. Raises OperatorError when one dies again and again."""
        gc.collect()
        gc.freeze()  # A collection would write to every object, and memory that is written to is shared no more.
        self._theirs, self._ours = os.pipe()
        with self._handling_signals():
            try:
                while not self._asked_to_stop:
                    self._start_due()
                    self._pause(until_stdin_closes=until_stdin_closes)
                    for worker in self._workers:
                        self._look_after(worker)
            finally:
                self._stop()

    def _start_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if not worker.pid and worker.start_at is not None and worker.start_at <= now:
                self._fork(worker)

    def _fork(self, worker: Worker) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        worker.started_at = time.monotonic()
        pid = os.fork()
        if pid:
            worker.pid = pid
        else:
            self._be(worker)

    def _be(self, worker: Worker) -> NoReturn:
        """In the new process: serve, and end with a code that says how it went."""
        code = CRASH_EXIT_CODE
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._ours)
            threading.Thread(target=_end_with_parent, args=(self._theirs,), name="parent-watch", daemon=True).start()
            for other in self._workers:
                for listener in other.listeners:
                    if listener not in worker.listeners:
                        listener.close()
            os.nice(worker.plan.niceness)
            if not self._asked_to_stop:  # A signal may have come before its handler was put back.
                self._serve(worker.plan, worker.listeners)
            code = 0
        except OperatorError as error:
            _say(worker.plan.name, str(error), sys.stderr.write)
            code = error.exit_code
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _look_after(self, worker: Worker) -> None:
        """Notice a death, and decide what becomes of it."""
        code = _exit_code(worker.pid) if worker.pid else None
        if code is None:
            return
        worker.pid = 0
        if code == NodeRemoved.exit_code:
            self._give_up(worker)
            return
        delay_s = worker.budget.delay_after_death(time.monotonic() - worker.started_at)
        if delay_s is None:
            raise OperatorError(
                phrase("the node dies again and again (exit code {code}): its lines above say why", code=code)
            )
        _say(worker.plan.name, phrase("the node ended with exit code {code}; starting it again", code=code))
        worker.start_at = time.monotonic() + delay_s

    def _give_up(self, worker: Worker) -> None:
        """It was removed by an operator: others take its connections."""
        worker.start_at = None
        kept = [listener for other in self._workers if other.start_at is not None for listener in other.listeners]
        for listener in worker.listeners:
            if listener not in kept:
                listener.close()
        if all(other.start_at is None for other in self._workers):
            raise NodeRemoved(phrase("every process of this node was removed from its cluster"))
        _say(worker.plan.name, phrase("removed from the cluster: not started again"))

    def _pause(self, *, until_stdin_closes: bool) -> None:
        """Wait for a moment, or until the other end of standard input is gone."""
        if not until_stdin_closes:
            time.sleep(WATCH_POLL_S)
        elif select.select([sys.stdin], [], [], WATCH_POLL_S)[0]:
            self._asked_to_stop = not os.read(sys.stdin.fileno(), 1024)

    def _stop(self) -> None:
        """Let all finish at once; kill what does not within the bound."""
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while any(worker.pid for worker in self._workers):
            if time.monotonic() > deadline:
                self._signal_all(signal.SIGKILL)
            time.sleep(WATCH_POLL_S)
            for worker in self._workers:
                if worker.pid and _exit_code(worker.pid) is not None:
                    worker.pid = 0
        os.close(self._ours)
        os.close(self._theirs)

    def _signal_all(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, number)

    @contextlib.contextmanager
    def _handling_signals(self) -> Iterator[None]:
        def ask(_number: int, _frame: FrameType | None) -> None:
            self._asked_to_stop = True

        previous = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _end_with_parent(pipe: int) -> None:
    """Nobody else would start this process again or keep its ports: without the parent it ends as by a crash."""
    while os.read(pipe, 1):
        pass
    os._exit(CRASH_EXIT_CODE)


def _exit_code(pid: int) -> int | None:
    """How a child ended, a signal's number below zero; None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _say(name: str, line: str, write: Callable[[str], object] | None = None) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more; that is no reason to stop
        (write or sys.stdout.write)(f"imsite: {name}: {line}\n")
        sys.stdout.flush()
