"""What the edge server's memory does while somebody attacks it, and whether others are still served.

    manage.py bench floods [--peers 6000] [--readers 200] [--json]

An echo application, detached, on a server with the bounds that it comes with. In turn: peers that connect and say
nothing; peers that send all but the end of a request head of 15 KB; readers that ask for echoes and take none; peers
that flood with pings; peers that announce a message of 1 GB. During each a good peer sends a message every 20 ms.
Reported: the server's memory before, at its peak and ten seconds after the attackers left (the allocator keeps most of
what it had), and the good peer's latency, in which the attackers' own processor time is as well. The number of open
files per process bounds the number of peers.
"""

import argparse
import asyncio
import contextlib
import json
import random
import resource
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.edge import HANDSHAKE, Client, Meter, connect, server_process  # noqa: E402 - after the path is set
from imsite.ports import choose_free_port  # noqa: E402 - as above

ATTACK_S = 8.0
SETTLE_S = 10.0
GOOD_EVERY_S = 0.02
PINGS_AT_ONCE = 200
KERNEL_BYTES = 8_192
PING = bytes((0x89, 0x80)) + bytes(4)
GIGABYTE = b"\x82\xff" + (2**30).to_bytes(8, "big") + bytes(4)
LARGE = b"\x81\xfe" + (60_000).to_bytes(2, "big") + bytes(4) + b"x" * 60_000
HALF_HEAD = HANDSHAKE[:-2] + b"X-Filling: " + b"y" * 15_000

Attack = Callable[[int, int], Awaitable[list[socket.socket]]]


def dial(port: int) -> socket.socket:
    """A raw connection that does not wait, for which the kernels hold little."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    return raw


async def many(port: int, count: int, data: bytes) -> list[socket.socket]:
    """Connect, say `data` and no more."""
    peers = []
    for number in range(count):
        peers.append(dial(port))
        with contextlib.suppress(OSError):
            if data:
                peers[-1].send(data)
        if number % 50 == 0:
            await asyncio.sleep(0.001)
    return peers


async def silence(port: int, count: int) -> list[socket.socket]:
    """Peers that say nothing."""
    return await many(port, count, b"")


async def half_heads(port: int, count: int) -> list[socket.socket]:
    """Peers that send all but the end of a head."""
    return await many(port, count, HALF_HEAD)


async def giants(port: int, count: int) -> list[socket.socket]:
    """Peers that open a socket and announce a message of 1 GB."""
    return await many(port, count, HANDSHAKE + GIGABYTE + b"x" * 1_000)


async def pings(port: int, count: int) -> list[socket.socket]:
    """Peers that open a socket and send pings in a row."""
    return await many(port, count, HANDSHAKE + PING * PINGS_AT_ONCE)


async def slow_readers(port: int, count: int) -> list[socket.socket]:
    """Peers that ask for echoes of 60 KB as long as the server listens, and never read."""
    peers = await many(port, count, HANDSHAKE)
    deadline = time.monotonic() + ATTACK_S / 2
    rest = dict.fromkeys(peers, b"")
    while time.monotonic() < deadline:
        for peer in peers:
            with contextlib.suppress(OSError):
                data = rest[peer] or LARGE
                rest[peer] = data[peer.send(data) :]
        await asyncio.sleep(0.001)
    return peers


ATTACKS: dict[str, Attack] = {
    "silent connections": silence,
    "heads without an end": half_heads,
    "messages of 1 GB announced": giants,
    "ping floods": pings,
    "readers that read nothing": slow_readers,
}


async def watch(meter: Meter, good: Client, seen_kb: list[float], stop: asyncio.Event) -> None:
    """Sample the server's memory, and keep the good peer talking."""
    while not stop.is_set():
        seen_kb.append(meter.rss_kb())
        good.speak()
        await asyncio.sleep(GOOD_EVERY_S)


async def suffer(port: int, meter: Meter, attack: Attack, count: int) -> dict[str, float]:
    """One attack."""
    good = await connect(port)
    latencies_ms: list[float] = []
    seen_kb: list[float] = []
    good.latencies_ms = latencies_ms
    before_kb, stop = meter.rss_kb(), asyncio.Event()
    watching = asyncio.create_task(watch(meter, good, seen_kb, stop))
    started = time.monotonic()
    peers = await attack(port, count)
    await asyncio.sleep(max(0.0, ATTACK_S - (time.monotonic() - started)))
    stop.set()
    await watching
    for peer in peers:
        peer.close()
    await asyncio.sleep(SETTLE_S)
    good.transport.abort()
    latencies_ms.sort()
    return {
        "peers": count,
        "before_mb": round(before_kb / 1024, 1),
        "peak_mb": round(max(seen_kb) / 1024, 1),
        "after_mb": round(meter.rss_kb() / 1024, 1),
        "good_messages": len(latencies_ms),
        "good_p50_ms": round(statistics.median(latencies_ms), 2),
        "good_max_ms": round(latencies_ms[-1], 1),
    }


def main() -> None:
    """Suffer every attack on a fresh server, and write down what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=int, default=6_000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "floods.json")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result: dict[str, dict[str, float]] = {}
    for name, attack in ATTACKS.items():
        port = choose_free_port(random.Random())
        count = arguments.readers if attack is slow_readers else arguments.peers
        with server_process([sys.executable, "-m", "benchmarks._edgeserver", "im-guarded", str(port)]) as meter:
            result[name] = uvloop.run(suffer(port, meter, attack, count))
        if not arguments.json:
            print(f"{name:<28}", result[name], flush=True)
    if arguments.json:
        print(json.dumps(result, indent=2))
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
