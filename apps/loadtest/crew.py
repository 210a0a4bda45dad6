"""The processes of a load test: starting them, giving orders to all, hearing what they say, ending them.

Not here: which orders, and what is made of the snapshots.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

from apps.loadtest import orders
from apps.loadtest.errors import WorkerFailed
from apps.loadtest.plan import WorkerPlan

END_TIMEOUT_S: Final = 10.0
MODULE: Final = "apps.loadtest.worker"
ROOT: Final = Path(__file__).resolve().parents[2]


class Crew:
    """All processes. Snapshots are handed on as they come; each order waits for the answers of all."""

    def __init__(self, on_snapshot: Callable[[orders.Snapshot], None]) -> None:
        self._on_snapshot = on_snapshot
        self._processes: list[asyncio.subprocess.Process] = []
        self._answers: list[asyncio.Queue[orders.Words]] = []
        self._readers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> list[int]:
        """The processes' ids."""
        return [process.pid for process in self._processes]

    async def start(self, plans: Sequence[WorkerPlan]) -> None:
        """Start a process for each plan. Raises WorkerFailed."""
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = dict(os.environ, PYTHONPATH=paths, PYTHONHASHSEED="0")  # digests of processes are compared
        for _plan in plans:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                MODULE,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment,
            )
            answers: asyncio.Queue[orders.Words] = asyncio.Queue()
            self._processes.append(process)
            self._answers.append(answers)
            self._readers.append(asyncio.create_task(self._listen(process, answers)))
        await asyncio.gather(*(self._ask(number, orders.Begin(plan)) for number, plan in enumerate(plans)))

    async def tell(self, order: orders.Orders) -> list[orders.Words]:
        """Give the same order to all and return their answers. Raises WorkerFailed."""
        return list(await asyncio.gather(*(self._ask(number, order) for number in range(len(self._processes)))))

    async def end(self) -> None:
        """Have all sessions say goodbye and all processes end."""
        with contextlib.suppress(WorkerFailed, TimeoutError, OSError):
            async with asyncio.timeout(END_TIMEOUT_S):
                await self.tell(orders.Close())
        await self.abandon()

    async def abandon(self) -> None:
        """Have all processes end at once, whatever they do; those that do not are killed."""
        for process in self._processes:
            _input_of(process).close()
            try:
                async with asyncio.timeout(END_TIMEOUT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _ask(self, number: int, order: orders.Orders) -> orders.Words:
        stdin = _input_of(self._processes[number])
        with contextlib.suppress(ConnectionError):  # the reader tells why it is gone
            stdin.write(orders.packed(order))
            await stdin.drain()
        answer = await self._answers[number].get()
        if isinstance(answer, orders.Failed):
            self._answers[number].put_nowait(answer)  # whoever asks it next must not wait for ever
            raise WorkerFailed(worker=number, reason=answer.reason)
        return answer

    async def _listen(self, process: asyncio.subprocess.Process, answers: asyncio.Queue[orders.Words]) -> None:
        stdout = cast("asyncio.StreamReader", process.stdout)  # it was asked for
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (size,) = orders.LENGTH.unpack(await stdout.readexactly(orders.LENGTH.size))
                word = orders.read_word(await stdout.readexactly(size))
                if isinstance(word, orders.Snapshot):
                    self._on_snapshot(word)
                else:
                    answers.put_nowait(word)
        answers.put_nowait(orders.Failed(f"ended with exit code {await process.wait()}"))


def _input_of(process: asyncio.subprocess.Process) -> asyncio.StreamWriter:
    return cast("asyncio.StreamWriter", process.stdin)  # it was asked for
