"""One process of a load test: `python -m apps.loadtest.worker`, orders on standard input, words on standard output.

Knows nothing of Django, so that it stays small. It ends when its standard input does, whatever it was doing.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
import traceback
from io import FileIO, RawIOBase
from typing import BinaryIO, Final

from apps.loadtest import orders, settling
from apps.loadtest.fleet import Fleet
from apps.loadtest.machine import raise_file_limit
from apps.loadtest.stats import Stats

SNAPSHOT_S: Final = 1.0
POLL_S: Final = 0.05
READER: Final = "orders"
GC_THRESHOLD: Final = 50_000
"""Sessions live long and make no cycles: a collection each 700 objects would walk over all of them for nothing."""


class Worker:
    """Carries out one order after the other; snapshots go out each second."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._stats = Stats()
        self._phase = "connect"
        self._fleet: Fleet | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def carry_out(self, order: orders.Orders) -> bool:
        """Do it and answer; False when that was the last one."""
        if isinstance(order, orders.Begin):
            self._fleet = Fleet(order.plan, self._stats)
            gc.freeze()
            self._say(orders.Done())
            self._snapshot()
            return True
        if self._fleet is None:
            raise RuntimeError("the first order is the plan")
        if isinstance(order, orders.Close):
            await self._close(self._fleet)
            return False
        await self._carry_out(self._fleet, order)
        return True

    async def _carry_out(self, fleet: Fleet, order: orders.Orders) -> None:
        match order:
            case orders.Connect():
                await _connect(fleet, order.patience_s)
                gc.freeze()
            case orders.Probe():
                await settling.probe(fleet, order.patience_s)
            case orders.Talk():
                self._tell()
                self._phase = order.phase
                fleet.speaking.set_load(order.load)
            case orders.Disturb(kind="drop"):
                fleet.drop(order.share)
            case orders.Disturb():
                fleet.stop_reading(order.share, order.for_s)
            case orders.Quiet():
                await settling.quieten(fleet, order.patience_s)
            case orders.Settle():
                rooms = await settling.settle(fleet, order.patience_s)
                self._tell()
                self._say(orders.Findings(rooms))
                return
        if isinstance(order, orders.Connect | orders.Quiet):
            self._tell()  # what comes next is decided by how it is now
        self._say(orders.Done())

    async def _close(self, fleet: Fleet) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await fleet.close()
        self._tell()
        self._say(orders.Done())

    def _snapshot(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SNAPSHOT_S, self._snapshot)
        self._tell()

    def _tell(self) -> None:
        fleet = self._fleet
        if fleet is not None:
            waiting = fleet.dialler.waiting
            self._say(
                self._stats.take(number=fleet.plan.number, phase=self._phase, open_sessions=fleet.open, waiting=waiting)
            )

    def _say(self, word: orders.Words) -> None:
        self._output.write(orders.packed(word))
        self._output.flush()


async def _connect(fleet: Fleet, patience_s: float) -> None:
    """Return when everybody is signed in, or nobody new was for `patience_s`."""
    fleet.begin()
    most, since = 0, time.monotonic()
    while fleet.open + fleet.dialler.given_up < len(fleet.sessions):
        await asyncio.sleep(POLL_S)
        if fleet.open > most:
            most, since = fleet.open, time.monotonic()
        elif time.monotonic() - since > patience_s:
            return


async def serve(source: RawIOBase, output: BinaryIO) -> None:
    """Carry out orders until the last one, or until the other end is gone."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    orphaned = asyncio.Event()
    threading.Thread(target=_read, args=(source, loop, queue, orphaned), daemon=True, name=READER).start()
    tasks = [asyncio.create_task(_carry_out_all(queue, output)), asyncio.create_task(orphaned.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _carry_out_all(queue: asyncio.Queue[bytes], output: BinaryIO) -> None:
    worker = Worker(output)
    try:
        while await worker.carry_out(orders.read_order(await queue.get())):
            pass
    except Exception:  # the other end must learn of whatever it was
        output.write(orders.packed(orders.Failed(traceback.format_exc())))
        output.flush()


def _read(
    source: RawIOBase, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[bytes], orphaned: asyncio.Event
) -> None:
    """In a thread of its own, because pipes cannot be polled everywhere."""
    with contextlib.suppress(RuntimeError):  # the loop has ended before its orders did
        while body := _read_order(source):
            loop.call_soon_threadsafe(queue.put_nowait, body)
        loop.call_soon_threadsafe(orphaned.set)


def _read_order(source: RawIOBase) -> bytes:
    head = _read_exactly(source, orders.LENGTH.size)
    return _read_exactly(source, orders.LENGTH.unpack(head)[0]) if head else b""


def _read_exactly(source: RawIOBase, size: int) -> bytes:
    """Return so many bytes, or none at the end. Unbuffered: a buffer's lock would be held when the program ends."""
    parts = []
    while size > 0:
        part = source.read(size)
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def main() -> None:
    """Run the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator, whose end is this one's as well
    raise_file_limit()
    gc.set_threshold(GC_THRESHOLD, 20, 100)
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # nothing but words may go there
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(serve(FileIO(sys.stdin.fileno(), closefd=False), output))


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


if __name__ == "__main__":
    main()
