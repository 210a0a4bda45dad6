"""One frame to 10,000 sockets: the least that a message to a room can take on this machine, for any server.

    manage.py bench room [--members 10000] [--readers 1] [--rounds 20] [--json]

Nothing but sending and receiving: no WebSocket, no log, no membership. `socket` calls `send` on one socket after the
other; `uvloop` writes to as many transports, as our edge server does. Readers are processes of their own that take what
comes with epoll and throw it away. A round ends when the last reader has the last frame. Linux only.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import select
import socket
import statistics
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvloop

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "benchmarks" / "results" / "room.json"
FRAME: Final = b"\x81\x7e\x01\xf4" + b"x" * 500
"""As long as an event with a text of 200 bytes."""
PAUSE_S: Final = 0.3
MOMENT: Final = struct.Struct("!d")

Sent = list[tuple[float, float]]
"""Of each round: seconds in the sender, and until the last reader had the last frame."""


def read_for_ever(port: int, members: int, rounds: int, number: int, report: int) -> None:
    """Be one of the readers: connect, then tell the moment at which each round was complete."""
    poll, sockets = select.epoll(), {}
    for place in range(members):
        one = socket.socket()
        one.bind((f"127.9.{number}.{1 + place % 100}", 0))
        one.connect(("127.0.0.1", port))
        one.setblocking(False)
        poll.register(one, select.EPOLLIN)
        sockets[one.fileno()] = one
    for _ in range(rounds):
        missing = members * len(FRAME)
        while missing:
            for number_of_file, _events in poll.poll(maxevents=1024):
                missing -= len(sockets[number_of_file].recv(65_536))
        os.write(report, MOMENT.pack(time.monotonic()))
    os._exit(0)


def start_readers(port: int, arguments: argparse.Namespace, keep: socket.socket) -> list[tuple[int, int]]:
    """Fork the readers; return their ids and where they report."""
    started = []
    for number in range(arguments.readers):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            keep.close()
            read_for_ever(port, arguments.members // arguments.readers, arguments.rounds, number, writing)
        os.close(writing)
        started.append((pid, reading))
    return started


def time_round(send_all: Callable[[], None], readers: list[tuple[int, int]]) -> tuple[float, float]:
    """Send one frame to everybody and wait until the last has it."""
    began = time.monotonic()
    send_all()
    sent = time.monotonic() - began
    moments = [MOMENT.unpack(os.read(reading, MOMENT.size))[0] for _, reading in readers]
    return sent, max(moments) - began


def by_sockets(listener: socket.socket, arguments: argparse.Namespace) -> Sent:
    """The bare loop."""
    readers = start_readers(listener.getsockname()[1], arguments, listener)
    members = [listener.accept()[0] for _ in range(arguments.members)]
    for member in members:
        member.setblocking(False)

    def send_all() -> None:
        for member in members:
            member.send(FRAME)

    found = []
    for _ in range(arguments.rounds):
        time.sleep(PAUSE_S)
        found.append(time_round(send_all, readers))
    finish(readers, members)
    return found


async def by_transports(listener: socket.socket, arguments: argparse.Namespace) -> Sent:
    """The same through uvloop."""
    readers = start_readers(listener.getsockname()[1], arguments, listener)
    loop, transports = asyncio.get_running_loop(), []
    for _ in range(arguments.members):
        accepted, _address = await asyncio.to_thread(listener.accept)
        transport, _protocol = await loop.connect_accepted_socket(asyncio.Protocol, accepted)
        transports.append(transport)

    def send_all() -> None:
        for transport in transports:
            transport.write(FRAME)

    found = []
    for _ in range(arguments.rounds):
        await asyncio.sleep(PAUSE_S)
        found.append(time_round(send_all, readers))
    finish(readers, transports)
    return found


def finish(readers: list[tuple[int, int]], members: list[Any]) -> None:
    """Close everything; the readers have ended by themselves."""
    for pid, reading in readers:
        os.waitpid(pid, 0)
        os.close(reading)
    for member in members:
        member.close()


def measure(way: str, arguments: argparse.Namespace) -> dict[str, float]:
    """The figures of one way of sending."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        rounds = by_sockets(listener, arguments) if way == "socket" else uvloop.run(by_transports(listener, arguments))
    last_ms = sorted(last * 1000 for _, last in rounds)
    return {
        "us_per_send": round(statistics.median(sent for sent, _ in rounds) / arguments.members * 1e6, 2),
        "last_member_ms": round(statistics.median(last_ms), 1),
        "last_member_worst_ms": round(last_ms[-1], 1),
        "deliveries_per_s": round(arguments.members / statistics.median(last_ms) * 1000),
    }


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=1, help="processes that receive")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help=f"write the figures to {RESULTS.relative_to(ROOT)}")
    return parser.parse_args()


def main() -> None:
    """Measure both ways."""
    arguments = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ways = {way: measure(way, arguments) for way in ("socket", "uvloop")}
    for way, figures in ways.items():
        print(f"{way:<8}" + "".join(f"{name} {value:>10,.1f}   " for name, value in figures.items()))
    if arguments.json:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()
        found = {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": f"{platform.python_version()}, {platform.python_compiler()}",
            "load_average": round(os.getloadavg()[0], 1),
            "commit": commit,
            "members": arguments.members,
            "frame_bytes": len(FRAME),
            "rounds": arguments.rounds,
            "ways": ways,
        }
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
