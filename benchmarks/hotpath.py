"""Where each microsecond of a message goes in a node, apart from PostgreSQL and the kernel.

    python -m benchmarks.hotpath [--pairs 200] [--rounds 100]

The real edge, gateway, fan-out and a cluster of one node in this process, on null transports and a store that commits
when told to. Each stage is run for all pairs at once, in processor time of its thread, and the fastest round counts, so
that other work on the machine hardly shows. What the store costs, `benchmarks.store` says; what a system call over the
loopback costs here is measured beside.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop

ROOT = Path(__file__).resolve().parent.parent
TEXT = "x" * 189
LATER_MS = 4_000_000_000_000
NOW_MS = 1_800_000_000_000


class NullTransport:
    """Counts what would have been written."""

    def __init__(self) -> None:
        self.frames = 0

    def write(self, data: bytes) -> None:
        """Write nothing."""
        self.frames += 1

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """Nothing ever waits."""

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits."""
        return 0

    def abort(self) -> None:
        """Nothing is open."""

    def is_closing(self) -> bool:
        """Nothing is open."""
        return False


class TakingStore:
    """Takes drafts; what it took is committed when the benchmark says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[Any, asyncio.Future[Any]]] = []

    def submit(self, draft: Any) -> "asyncio.Future[Any]":
        """Queue a draft."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.taken.append((draft, future))
        return future


class Cursors:
    """Takes positions."""

    def note(self, *_: Any, **__: Any) -> bool:
        """Forget them."""
        return True


class Deaf:
    """A sink that does nothing with a message: what remains is the edge's own part."""

    def received(self, data: str | bytes) -> None:
        """Nothing."""

    def writable(self) -> None:
        """Nothing."""

    def closed(self, code: int) -> None:
        """Nothing."""


class Bench:
    """Pairs of people, and the fastest time of each stage."""

    def __init__(self, pairs: int) -> None:
        self.pairs = pairs
        self.best: dict[str, float] = {}
        self.transport = NullTransport()
        self.store = TakingStore()
        self.people = [(uuid4(), uuid4()) for _ in range(2 * pairs)]
        self.rooms = [uuid4() for _ in range(pairs)]
        self.seq = 0

    async def prepare(self, folder: str) -> None:
        """Start the cluster, and sign everybody in."""
        from channels.layers import channel_layers

        from apps.edge import EdgeConfig
        from apps.edge.shared import Shared
        from apps.gateway.connection import Node
        from apps.gateway.outbox import Bounds
        from apps.gateway.quotas import Quotas
        from apps.gateway.registry import Registry
        from apps.gateway.session import Limits
        from apps.messaging import runtime
        from apps.messaging.store.records import MemberList
        from benchmarks._sessionnode import one_node_layer

        layer = await one_node_layer(folder)
        channel_layers.set("default", layer)
        self.registry = Registry("0123456789ab", layer)
        await self.registry.start()
        limits = Limits(rate_per_s=1e9, burst=10**9, in_flight=10**6, unacked=10**6)
        quotas = Quotas(per_s=1e9, burst=10**9)
        self.node = Node(self.registry, self._services(), limits, Bounds(), quotas)
        runtime._holder.runtime = runtime.Runtime(
            loop=asyncio.get_running_loop(),
            pool=None,  # type: ignore[arg-type]
            store=self.store,  # type: ignore[arg-type]
            cursors=Cursors(),  # type: ignore[arg-type]
        )
        self.shared = Shared(EdgeConfig(ping_interval_s=0))
        self.members = [MemberList([self.people[2 * n][0], self.people[2 * n + 1][0]]) for n in range(self.pairs)]  # type: ignore[list-item]
        self.sockets = [self._connect(*person) for person in self.people]
        self.deaf = self._edge(Deaf())
        while self.registry._tasks:  # noqa: ASYNC110 - a plain set
            await asyncio.sleep(0.01)

    def _services(self) -> Any:
        from apps.gateway.dispatch import Dispatcher
        from benchmarks._sessionnode import Believing

        class Services(Believing):
            send = Dispatcher.send
            refusal = Dispatcher.refusal
            note = Dispatcher.note

        return Services()

    def _edge(self, sink: Any) -> Any:
        from apps.edge.connection import Connection

        return Connection(self.transport, self.shared, sink, "127.0.0.1", "127.0.0.1")  # type: ignore[arg-type]

    def _connect(self, user: UUID, terminal: UUID) -> Any:
        from apps.gateway.connection import Connection
        from apps.gateway.outbox import SocketOutbox

        outbox = SocketOutbox(self.node.bounds)
        connection = Connection(self.node, outbox, language="en")
        edge = self._edge(connection)
        outbox.attach(edge)
        connection.open()
        sign_in = {"op": "sign_in", "token": str(user), "terminal": str(terminal), "platform": "bot"}
        edge.data_received(masked(sign_in))
        return edge

    async def run_round(self) -> None:
        """Every pair sends one message; each stage for all of them."""
        from apps.messaging import fanout

        sends = [self._message(number) for number in range(self.pairs)]
        senders, receivers = self.sockets[::2], self.sockets[1::2]
        await self.timed("edge: bytes to message", self._each([self.deaf] * self.pairs, sends))
        await self.timed("edge and gateway: bytes to queue", self._each(senders, sends), lambda: len(self.store.taken))
        told = self._commit()
        await self.timed("gateway: commit to ack written", self._resolve(told), self._written())
        pushed = self._written()
        await self.timed("fan-out: commit to push written", lambda: fanout.tell_members(told), pushed)
        received = [masked({"op": "received", "conversation": str(room), "seq": self.seq}) for room in self.rooms]
        await self.timed("edge and gateway: bytes to position noted", self._each(receivers, received))

    async def timed(
        self, stage: str, work: Callable[[], Awaitable[None]], done: Callable[[], int] | None = None
    ) -> None:
        """Do the work, let the loop turn until it is done for every pair, and keep the fastest time."""
        started = time.thread_time()
        await work()
        while done is not None and done() < self.pairs:  # noqa: ASYNC110 - plain integers
            await asyncio.sleep(0)
        self.best[stage] = min(self.best.get(stage, 1e9), time.thread_time() - started)

    def _each(self, sockets: list[Any], frames: list[bytes]) -> Callable[[], Awaitable[None]]:
        async def feed() -> None:
            for edge, frame in zip(sockets, frames, strict=True):
                edge.data_received(frame)

        return feed

    def _resolve(self, told: list[Any]) -> Callable[[], Awaitable[None]]:
        taken, self.store.taken = self.store.taken, []

        async def resolve() -> None:
            for (_, future), (_, committed) in zip(taken, told, strict=True):
                future.set_result(committed)

        return resolve

    def _written(self) -> Callable[[], int]:
        before = self.transport.frames
        return lambda: self.transport.frames - before

    def _commit(self) -> list[Any]:
        from apps.messaging.store.records import Committed

        self.seq += 1
        return [
            (draft, Committed(draft.message_id, draft.conversation_id, self.seq, NOW_MS, False, members, 1))
            for (draft, _), members in zip(self.store.taken, self.members, strict=True)
        ]

    def _message(self, number: int) -> bytes:
        from apps.wire.ids import TerminalId, UserId, make_message_id

        user, terminal = self.people[2 * number]
        message_id = make_message_id(UserId(user), TerminalId(terminal), time_ms=NOW_MS, random=random.randbytes(9))
        return masked(
            {
                "op": "send",
                "id": message_id.to_text(),
                "conversation": str(self.rooms[number]),
                "kind": "text",
                "body": {"text": TEXT},
            }
        )


def masked(frame: dict[str, Any]) -> bytes:
    """A client's text frame."""
    payload, key = json.dumps(frame).encode(), random.randbytes(4)
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0x80 | 126)) + size.to_bytes(2, "big")
    keys = (key * (size // 4 + 1))[:size]
    return head + key + bytes(a ^ b for a, b in zip(payload, keys, strict=True))


def loopback_us() -> dict[str, float]:
    """Processor time of one `send` of 400 bytes over the loopback, and of taking them: medians."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    sends, receives = [], []
    for _ in range(2_000):
        before = time.thread_time()
        near.send(bytes(400))
        between = time.thread_time()
        far.recv(1_000)
        sends.append(between - before)
        receives.append(time.thread_time() - between)
    near.close()
    far.close()
    middle = len(sends) // 2
    return {"send": round(sorted(sends)[middle] * 1e6, 1), "recv": round(sorted(receives)[middle] * 1e6, 1)}


async def measure(arguments: argparse.Namespace, folder: str) -> dict[str, float]:
    """All stages, in microseconds per message."""
    bench = Bench(arguments.pairs)
    await bench.prepare(folder)
    gc.collect()
    gc.freeze()
    for _ in range(arguments.rounds):
        await bench.run_round()
        await asyncio.sleep(0.001)
    return {stage: round(best / arguments.pairs * 1e6, 1) for stage, best in bench.best.items()}


def main() -> None:
    """Parse, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "hotpath.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        from benchmarks._sessionnode import configure

        configure(folder)
        stages = uvloop.run(measure(arguments, folder))
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version[:6]}",
        "microseconds_per_message": stages,
        "microseconds_per_system_call": loopback_us(),
    }
    print(json.dumps(result, indent=2))
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    os._exit(0)  # the cluster's threads have nothing to save


if __name__ == "__main__":
    main()
