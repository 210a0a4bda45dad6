"""How evenly connections spread over processes that share one port: one accept queue for all, or one for each.

    python benchmarks/spread.py [--connections 2000] [--json]

Each process accepts on uvloop and does nothing else. `queue`: all inherited one listening socket. `reuseport`: each has
a listener of its own in one SO_REUSEPORT group, and the kernel chooses by a hash of both addresses. Connections come
all at once, or one after the other at a steady rate, as after a restart and on an ordinary morning.
"""

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any

import uvloop

from imsite.serving.listeners import open_group

RESULTS = Path(__file__).resolve().parent / "results" / "spread.json"
MACHINE = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
PORT = 18_395
PACED_PER_S = 1_000
SETTLE_S = 0.5
COUNT = struct.Struct("!I")


class Counting(asyncio.Protocol):
    """Counts connections and keeps them."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One more."""
        Counting.count += 1


def accept_until_told(listener: socket.socket, report: int) -> None:
    """Be one of the processes: accept until SIGTERM, then write how many there were."""

    async def accept() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await asyncio.get_running_loop().create_server(Counting, sock=listener, backlog=2048)
        await stop.wait()

    uvloop.run(accept())
    os.write(report, COUNT.pack(Counting.count))
    os._exit(0)


def start_processes(groups: list[socket.socket]) -> list[tuple[int, int]]:
    """Fork one process for each listener; return their ids and where they report."""
    started = []
    for listener in groups:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            accept_until_told(listener, writing)
        os.close(writing)
        started.append((pid, reading))
    return started


def connect(connections: int, per_s: int) -> list[socket.socket]:
    """Open connections, as fast as one thread can with `per_s` 0."""
    opened = []
    began_at = time.perf_counter()
    for number in range(connections):
        if per_s:
            time.sleep(max(0.0, began_at + number / per_s - time.perf_counter()))
        opened.append(socket.create_connection(("127.0.0.1", PORT)))
    return opened


def measure(way: str, processes: int, connections: int, per_s: int) -> list[int]:
    """Return how many connections each process got."""
    listeners = open_group("127.0.0.1", {"IM_WS_PORT": PORT}, processes if way == "reuseport" else 1)
    sockets = [group[0] for group in listeners] * (1 if way == "reuseport" else processes)
    started = start_processes(sockets)
    time.sleep(SETTLE_S)
    opened = connect(connections, per_s)
    time.sleep(SETTLE_S)
    counts = []
    for pid, reading in started:
        os.kill(pid, signal.SIGTERM)
        counts.append(COUNT.unpack(os.read(reading, COUNT.size))[0])
        os.close(reading)
        os.waitpid(pid, 0)
    for each in [*opened, *{id(one): one for one in sockets}.values()]:
        each.close()
    return counts


def main() -> None:
    """Measure each way with few and many processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--json", action="store_true", help="write the figures to benchmarks/results/spread.json")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for way in ("queue", "reuseport"):
        for processes in (2, 4, 8):
            for per_s in (0, PACED_PER_S):
                counts = measure(way, processes, arguments.connections, per_s)
                share = max(counts) * processes / arguments.connections
                rows.append({"way": way, "processes": processes, "per_s": per_s, "counts": counts, "fullest": share})
                print(
                    f"{way:<10} {processes} processes  {per_s or 'all':>5}/s  {counts}  "
                    f"fullest {share:.2f} of its share"
                )
    found = {"machine": MACHINE, "connections": arguments.connections, "rows": rows}
    if arguments.json:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
