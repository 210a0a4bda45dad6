"""What a message costs before any of our code: the same rate through a bare socket server and a bare PostgreSQL.

    manage.py bench floor [--rate 500] [--seconds 20] [--json]

Three parts, one after the other, each at a fixed rate whatever comes back, as in `loadtest direct --rate 500`:

- `wake`: a byte to another process and back, over a pair of sockets. Nothing but the kernel waking two processes.
- `socket`: 64 bytes to an echo application on our edge server, detached, and back, over 64 connections.
- `row`: one row of 200 bytes into PostgreSQL in a transaction of its own, by async psycopg over 8 connections.

Reported: latency, and the processor time of the side that serves. A message through a node takes some of each: it
comes over a socket, is locked, written and committed in three answers of the database, is acknowledged over a socket,
goes to the nodes that own its members' slots and from there to those where they are, and leaves over sockets.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import random
import resource
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import uvloop
from psycopg import AsyncConnection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.edge import Client, connect, server_process  # noqa: E402 - after the path is set
from imsite.ports import choose_free_port  # noqa: E402 - as above

SPEAKERS = 64
CONNECTIONS = 8
BODY = b"x" * 200
WARM_UP_S = 2.0
LAST_ANSWERS_S = 0.5
TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, body bytea NOT NULL)"
INSERT = "INSERT INTO bench_floor VALUES (%s, %s)"

Figures = dict[str, float]
Say = Callable[[int], None]
"""Begins the message of this number."""


async def pace(say: Say, rate_per_s: float, seconds: float) -> None:
    """Call at a fixed rate, those that are late at once."""
    start = time.perf_counter()
    for number in range(int(seconds * rate_per_s)):
        pause_s = start + number / rate_per_s - time.perf_counter()
        if pause_s > 0:
            await asyncio.sleep(pause_s)
        say(number)
    await asyncio.sleep(LAST_ANSWERS_S)


async def figures_of(
    say: Say, latencies_ms: list[float], cpu_s: Callable[[], float], arguments: argparse.Namespace
) -> Figures:
    """Warm up, then measure latency and the server's processor time."""
    await pace(say, arguments.rate, WARM_UP_S)
    latencies_ms.clear()
    before_s = cpu_s()
    await pace(say, arguments.rate, arguments.seconds)
    used_s = cpu_s() - before_s
    ordered = sorted(latencies_ms)
    return {
        "messages": len(ordered),
        "p50_ms": round(ordered[len(ordered) // 2], 3),
        "p99_ms": round(ordered[len(ordered) * 99 // 100], 3),
        "server_cpu_us": round(used_s / len(ordered) * 1e6, 1),
    }


def cpu_of(pids: list[int]) -> Callable[[], float]:
    """Processor seconds of these processes together."""
    processes = [psutil.Process(pid) for pid in pids]

    def look() -> float:
        return float(sum(times.user + times.system for times in (process.cpu_times() for process in processes)))

    return look


def answer_bytes(end: socket.socket) -> None:
    """The other process of `wake`: gives back each byte."""
    while data := end.recv(16):
        end.sendall(data)


async def wake(arguments: argparse.Namespace) -> Figures:
    """A byte there and back."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    process = multiprocessing.get_context("fork").Process(target=answer_bytes, args=(there,), daemon=True)
    process.start()
    there.close()
    here.setblocking(False)
    latencies_ms: list[float] = []
    sent_at: deque[float] = deque()

    def say(_number: int) -> None:
        sent_at.append(time.perf_counter())
        here.send(b"x")

    def heard() -> None:
        for _ in here.recv(16):
            latencies_ms.append((time.perf_counter() - sent_at.popleft()) * 1000)

    loop.add_reader(here, heard)
    try:
        return await figures_of(say, latencies_ms, cpu_of([process.pid or 0]), arguments)
    finally:
        loop.remove_reader(here)
        process.kill()


async def echo(arguments: argparse.Namespace) -> Figures:
    """A message to the bare edge server and back."""
    port = choose_free_port(random.Random())
    with server_process([sys.executable, "-m", "benchmarks._edgeserver", "im-detached", str(port)]) as meter:
        clients: list[Client] = [await connect(port) for _ in range(SPEAKERS)]
        latencies_ms: list[float] = []
        for client in clients:
            client.latencies_ms = latencies_ms
        figures = await figures_of(
            lambda number: clients[number % SPEAKERS].speak(), latencies_ms, meter.cpu_s, arguments
        )
        for client in clients:
            client.transport.abort()
        return figures


async def row(arguments: argparse.Namespace) -> Figures:
    """A row into the bare database."""
    url = os.environ["DATABASE_URL"]
    connections = [await AsyncConnection.connect(url, autocommit=True, prepare_threshold=0) for _ in range(CONNECTIONS)]
    await connections[0].execute(TABLE)
    free: asyncio.Queue[AsyncConnection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    latencies_ms: list[float] = []
    tasks: set[asyncio.Task[None]] = set()

    async def insert() -> None:
        begun = time.perf_counter()
        connection = await free.get()
        await connection.execute(INSERT, (uuid4(), BODY), binary=True)
        free.put_nowait(connection)
        latencies_ms.append((time.perf_counter() - begun) * 1000)

    def say(_number: int) -> None:
        task = asyncio.get_running_loop().create_task(insert())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    pids = [connection.info.backend_pid for connection in connections]
    try:
        return await figures_of(say, latencies_ms, cpu_of(pids), arguments)
    finally:
        await asyncio.gather(*tasks)
        await connections[0].execute("DROP TABLE bench_floor")
        for connection in connections:
            await connection.close()


PARTS: dict[str, Callable[[argparse.Namespace], Coroutine[Any, Any, Figures]]] = {
    "wake": wake,
    "socket": echo,
    "row": row,
}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All parts, one after the other."""
    parts: dict[str, Figures] = {}
    for name, part in PARTS.items():
        parts[name] = uvloop.run(part(arguments))
        if not arguments.json:
            print(f"{name:<8}", parts[name], flush=True)
    return {
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
        },
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
        "rate_per_s": arguments.rate,
        "seconds": arguments.seconds,
        "parts": parts,
    }


def main() -> None:
    """Measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=500.0, help="messages per second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "floor.json")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result = measure(arguments)
    if arguments.json:
        print(json.dumps(result, indent=2))
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
