"""Channel layers beside each other: ours, channels_redis, channels_postgres and a bare link, across two processes.

    python -m benchmarks.layer [--rounds 3] [--layers NAME ...] [--scale 1.0] [--json] [--output FILE]

One process sends 200-byte messages, another one receives them, both on uvloop. Every measurement of every layer is done
in turn, `--rounds` times; medians are reported. Redis is a throwaway server without persistence and is left out where
none is installed; PostgreSQL is DATABASE_URL or an embedded one at default durability.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import uvloop
from channels.exceptions import ChannelFull

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.prod"
os.environ["IM_LAYER"] = "postgres"  # only for its tables; every layer is made by hand

from benchmarks._database import database_server, fresh_database  # noqa: E402
from benchmarks._layers import Place, make_backend  # noqa: E402
from imsite.ports import choose_free_port  # noqa: E402

DATABASE = "imsite_bench_layer"
BODY = "x" * 164  # about 200 bytes with the other fields
USERS = 10_000
GROUPS = {"group of 100": 100, "group of 1,000": 1_000}
PACE_PER_S = 500
BURST = 200
"""Messages sent between two looks at other work."""
PATIENCE_S = 3.0
"""After so long without a message the missing ones count as lost."""

WORK: dict[str, tuple[int, int, int]] = {
    "slots": (40_000, 100_000, 20_000),
    "slots, callbacks": (80_000, 400_000, 80_000),
    "bare link": (40_000, 100_000, 20_000),
    "bare link, callbacks": (80_000, 400_000, 80_000),
    "channels_redis core": (2_000, 10_000, 600),
    "channels_redis pubsub": (10_000, 50_000, 8_000),
    "channels_postgres": (2_000, 10_000, 600),
}
"""Per layer: messages to one channel, deliveries to groups, messages to one-member groups; about a second each."""

Figures = dict[str, float]


class Receiver:
    """The receiving process: carries out one JSON line after the other."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._times: list[float] = []
        self._wanted = 0
        self._last = 0.0
        self._done = asyncio.Event()

    def note(self, message: dict[str, Any]) -> None:
        """Count a message."""
        self._last = time.monotonic()
        self._times.append(self._last - message["at"])
        if len(self._times) == self._wanted:
            self._done.set()

    async def _settle(self) -> None:
        """Wait for the last message, or until none has come for a while."""
        got = -1
        while not self._done.is_set() and got != len(self._times):
            got = len(self._times)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), PATIENCE_S)

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        """Make channels in groups, or wait for messages."""
        if order["do"] == "listen":
            channels = await self._backend.listen(order["count"], self.note)
            for group, indices in order["groups"].items():
                for index in indices:
                    await self._backend.group_add(group, channels[index])
            await asyncio.sleep(0.5)
            return {"channels": channels[:1]}
        if order["do"] == "expect":
            self._times, self._wanted = [], order["count"]
            self._done.clear()
            return {}
        await self._settle()
        ordered = sorted(self._times)
        middle, last = (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]) if ordered else (0.0, 0.0)
        return {"got": len(ordered), "at": self._last, "p50_ms": middle * 1e3, "p99_ms": last * 1e3}


async def receive_orders(name: str, place: Place) -> None:
    """Run the receiving process until its standard input ends."""
    backend = make_backend(name, place)
    await backend.start()
    receiver = Receiver(backend)
    reader = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("{}", flush=True)
    while line := await reader.readline():
        print(json.dumps(await receiver.carry_out(json.loads(line))), flush=True)
    await backend.stop()


class Pair:
    """A layer in both processes, seen from the sending one."""

    def __init__(self, name: str, backend: Any, program: asyncio.subprocess.Process) -> None:
        self.name = name
        self.backend = backend
        self._program = program
        self.channel = ""

    async def ask(self, **order: Any) -> dict[str, Any]:
        """Have the other process do something."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self._program.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def prepare_one(self) -> None:
        """Make one channel, for `send`."""
        self.channel = (await self.ask(do="listen", count=1, groups={}))["channels"][0]

    async def prepare_many(self) -> None:
        """Make a channel per user, and the groups.

        One channel comes first: channels_postgres would connect once for each receiver that finds no listener yet.
        """
        await self.prepare_one()
        groups = {f"user.{number}": [number] for number in range(USERS)}
        groups |= {_group(what): list(range(size)) for what, size in GROUPS.items()}
        await self.ask(do="listen", count=USERS, groups=groups)

    async def measure_one(self, singles: int) -> dict[str, Figures]:
        """Send to the one channel, as fast as it goes and at a steady pace."""
        return {
            "send": await self._rate(singles, 1, lambda _: self.backend.send(self.channel, _message())),
            "send at 500/s": await self._pace(lambda _: self.backend.send(self.channel, _message())),
        }

    async def measure_many(self, deliveries: int, users: int) -> dict[str, Figures]:
        """Send to large groups and to one-member groups."""
        figures = {}
        for what, size in GROUPS.items():
            figures[what] = await self._rate(max(3, deliveries // size), size, self._to_group(_group(what)))
        figures["10,000 one-member groups"] = await self._rate(
            users, 1, lambda number: self.backend.group_send(f"user.{number * 7919 % USERS}", _message())
        )
        return figures

    def _to_group(self, group: str) -> Callable[[int], Awaitable[None]]:
        return lambda _: self.backend.group_send(group, _message())

    async def _rate(self, sends: int, each: int, send: Callable[[int], Awaitable[None]]) -> Figures:
        """As fast as it goes: deliveries a second, until the last one has arrived."""
        await self.ask(do="expect", count=sends * each)
        began = time.monotonic()
        for number in range(sends):
            await _patiently(send, number)
            if number % BURST == 0:
                await asyncio.sleep(0)
        answer = await self.ask(do="wait")
        return {"per_s": answer["got"] / (answer["at"] - began), "lost": sends * each - answer["got"]}

    async def _pace(self, send: Callable[[int], Awaitable[None]]) -> Figures:
        """At a steady pace: how long each message takes."""
        count = 2 * PACE_PER_S
        await self.ask(do="expect", count=count)
        began = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / PACE_PER_S - time.monotonic()))
            await _patiently(send, number)
        answer = await self.ask(do="wait")
        return {"p50_ms": answer["p50_ms"], "p99_ms": answer["p99_ms"], "lost": count - answer["got"]}


async def _patiently(send: Callable[[int], Awaitable[None]], number: int) -> None:
    """Send again while the way is full."""
    while True:
        try:
            return await send(number)
        except ChannelFull:
            await asyncio.sleep(0.001)


def _message() -> dict[str, Any]:
    return {"type": "deliver", "at": time.monotonic(), "body": BODY}


def _group(what: str) -> str:
    return what.replace(" ", ".").replace(",", "")


@contextlib.asynccontextmanager
async def running(name: str, redis_port: int) -> AsyncIterator[Pair]:
    """Start a layer in both processes."""
    randomness = random.Random()
    ports = (choose_free_port(randomness), choose_free_port(randomness))
    command = [sys.executable, "-m", "benchmarks.layer", "--receive", name, "--ports", *map(str, ports)]
    program = await asyncio.create_subprocess_exec(
        *command, "--redis", str(redis_port), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 26
    )
    backend = make_backend(name, Place(0, ports, redis_port))
    await backend.start()
    pair = Pair(name, backend, program)
    assert program.stdout is not None
    await program.stdout.readline()
    try:
        yield pair
    finally:
        await backend.stop()
        program.kill()
        await program.wait()


async def measure(names: list[str], rounds: int, scale: float, redis_port: int) -> dict[str, list[dict[str, Figures]]]:
    """Measure every layer in turn, round after round."""
    results: dict[str, list[dict[str, Figures]]] = {name: [] for name in names}
    async with contextlib.AsyncExitStack() as stack:
        pairs = []
        for name in names:
            one = await stack.enter_async_context(running(name, redis_port))
            many = await stack.enter_async_context(running(name, redis_port))
            await one.prepare_one()
            await many.prepare_many()
            pairs.append((one, many))
        for number in range(rounds):
            for one, many in pairs:
                print(f"round {number + 1}: {one.name}", file=sys.stderr, flush=True)
                singles, deliveries, users = (max(20, round(count * scale)) for count in WORK[one.name])
                figures = await one.measure_one(singles) | await many.measure_many(deliveries, users)
                results[one.name].append(figures)
    return results


def merge(rounds: list[dict[str, Figures]]) -> dict[str, Figures]:
    """The median of each figure over the rounds; losses are added up."""
    merged: dict[str, Figures] = {}
    for what, figures in rounds[0].items():
        merged[what] = {key: statistics.median(one[what][key] for one in rounds) for key in figures}
        merged[what]["lost"] = sum(one[what]["lost"] for one in rounds)
    return merged


def judge(layers: dict[str, dict[str, Figures]]) -> dict[str, Any]:
    """Hold ours against the targets."""
    redis = [figures for name, figures in layers.items() if name.startswith("channels_redis")]
    verdict: dict[str, Any] = {}
    for name in ("slots", "slots, callbacks"):
        if not redis or name not in layers:
            continue
        ours = layers[name]
        users = ours["10,000 one-member groups"]["per_s"] / max(
            one["10,000 one-member groups"]["per_s"] for one in redis
        )
        crowd = ours["group of 1,000"]["per_s"] / max(one["group of 1,000"]["per_s"] for one in redis)
        delay = ours["send at 500/s"]["p99_ms"] / max(0.01, min(one["send at 500/s"]["p99_ms"] for one in redis))
        verdict[name] = {
            "users_ratio": round(users, 1),
            "crowd_ratio": round(crowd, 1),
            "p99_ratio": round(delay, 2),
            "met": users >= 5 and crowd >= 2 and delay <= 0.5,
        }
        bare = layers.get("bare link")
        if bare is not None:
            verdict[name]["bare_link_ratio"] = round(bare["send"]["per_s"] / ours["send"]["per_s"], 2)
            verdict[name]["met"] = verdict[name]["met"] and verdict[name]["bare_link_ratio"] <= 2
    return verdict


def print_table(result: dict[str, Any]) -> None:
    """Print what was measured."""
    columns = ["send", *GROUPS, "10,000 one-member groups"]
    print(f"{'layer':<24}{'send/s':>10}{'p50 ms':>8}{'p99 ms':>8}{'100: d/s':>11}{'1,000: d/s':>11}{'users: m/s':>11}")
    for name, figures in result["layers"].items():
        send, *rest = (round(figures[what]["per_s"]) for what in columns)
        pace = figures["send at 500/s"]
        cells = "".join(f"{cell:>11,}" for cell in rest)
        lost = sum(one["lost"] for one in figures.values())
        losses = f"  lost {lost:.0f}" if lost else ""
        print(f"{name:<24}{send:>10,}{pace['p50_ms']:>8.2f}{pace['p99_ms']:>8.2f}{cells}{losses}")
    print("targets:", json.dumps(result["targets"]))


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """The port of a throwaway Redis without persistence, 0 where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield 0
        return
    port = choose_free_port(random.Random())
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as run,
    ):
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                    break
                time.sleep(0.02)
            yield port
        finally:
            run.terminate()


def receive_here(arguments: argparse.Namespace) -> None:
    """Be the receiving process."""
    import django

    django.setup()
    first, second = arguments.ports
    uvloop.run(receive_orders(arguments.receive, Place(1, (first, second), arguments.redis)))


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="everything in turn, this often; medians are reported")
    parser.add_argument("--layers", nargs="+", default=list(WORK), choices=list(WORK))
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer messages")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "layer.json")
    parser.add_argument("--receive", help=argparse.SUPPRESS)
    parser.add_argument("--ports", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--redis", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.receive:
        receive_here(arguments)
        return
    with database_server() as server_url, fresh_database(server_url, DATABASE), redis_server() as redis_port:
        names = [name for name in arguments.layers if redis_port or not name.startswith("channels_redis")]
        rounds = uvloop.run(measure(names, arguments.rounds, arguments.scale, redis_port))
    layers = {name: merge(found) for name, found in rounds.items()}
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "rounds": arguments.rounds}
    result = {"machine": machine, "layers": layers, "targets": judge(layers), "rounds": rounds}
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
