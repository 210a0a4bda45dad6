"""WebSocket servers beside each other: what a connection and a message cost, without any application.

    manage.py bench edge [--servers NAME ...] [--connections 8000] [--seconds 4] [--rounds 3] [--json]

An echo application on our edge server, detached and as plain ASGI, on uvicorn and on daphne; each round a fresh process
for each. Connections are opened as fast as the server takes them, then stay; memory is what the process grew by. Echoes
of 64 bytes come back on 64 of them while all are open: as many as possible, then 1,000 a second for the latency. The
client does as little as it can; where it is the limit all the same, the processor time of the server says more than
its rate. Medians of the rounds are reported.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import platform
import random
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psutil
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imsite.ports import choose_free_port  # noqa: E402 - after the path is set

SERVERS = ("im-detached", "im-plain", "uvicorn", "daphne")
HANDSHAKE = (
    b"GET /ws/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"User-Agent: imsite-bench\r\nAccept-Language: zh-CN,zh;q=0.9\r\n\r\n"
)
TEXT = b"x" * 64
KEY = bytes((0x37, 0xFA, 0x21, 0x3D))
FRAME = b"\x81" + bytes((0x80 | len(TEXT),)) + KEY + bytes(byte ^ KEY[i % 4] for i, byte in enumerate(TEXT))
ANSWER_BYTES = 2 + len(TEXT)
CONNECTING = 128
"""Handshakes under way at once."""
SPEAKERS = 64
"""Connections that echo; one message of each is under way."""
PACE_PER_S = 1_000
SETTLE_S = 1.0
PATIENCE_S = 60.0

Figures = dict[str, float]


class Client(asyncio.Protocol):
    """One connection. Counts echoes by their bytes, for all of them have one size."""

    __slots__ = ("_waiting_bytes", "again", "echoes", "latencies_ms", "opened", "sent_at", "transport")

    def __init__(self, opened: "asyncio.Future[None]") -> None:
        self.opened: asyncio.Future[None] | None = opened
        self.again = False
        self.echoes = 0
        self.sent_at = 0.0
        self.latencies_ms: list[float] | None = None
        self._waiting_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(HANDSHAKE)

    def connection_lost(self, error: Exception | None) -> None:
        """The server is gone, or refused."""
        if self.opened is not None and not self.opened.done():
            self.opened.set_exception(ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Take the answer to the handshake, then echoes."""
        if self.opened is not None:
            if not data.startswith(b"HTTP/1.1 101") or not data.endswith(b"\r\n\r\n"):
                raise SystemExit(f"unexpected answer: {data!r}")
            self.opened.set_result(None)
            self.opened = None
            return
        echoes, self._waiting_bytes = divmod(self._waiting_bytes + len(data), ANSWER_BYTES)
        self.echoes += echoes
        if self.latencies_ms is not None and echoes:
            self.latencies_ms.append((time.perf_counter() - self.sent_at) * 1000)
        if self.again and echoes:
            self.transport.write(FRAME * echoes)

    def speak(self) -> None:
        """Send one message."""
        self.sent_at = time.perf_counter()
        self.transport.write(FRAME)


class Meter:
    """Processor time and memory of the server."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def cpu_s(self) -> float:
        """Processor seconds used so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def rss_kb(self) -> float:
        """Resident memory."""
        return float(self._process.memory_info().rss) / 1024


async def connect(port: int) -> Client:
    """Open one WebSocket."""
    loop = asyncio.get_running_loop()
    opened = loop.create_future()
    raw = socket.socket()
    raw.connect(("127.0.0.1", port))  # the kernel answers at once; waiting for it costs more than it takes
    raw.setblocking(False)
    _, client = await loop.create_connection(lambda: Client(opened), sock=raw)
    await asyncio.wait_for(opened, PATIENCE_S)
    return client


async def connect_all(port: int, count: int) -> list[Client]:
    """Open so many, some at a time."""
    clients: list[Client] = []

    async def connect_share() -> None:
        while len(clients) + CONNECTING <= count:
            clients.append(await connect(port))

    await asyncio.gather(*(connect_share() for _ in range(CONNECTING)))
    return clients


async def measure(port: int, meter: Meter, arguments: argparse.Namespace) -> Figures:
    """All figures of one server."""
    first = [await connect(port) for _ in range(10)]  # pay for what is made lazily
    await asyncio.sleep(SETTLE_S)
    rss_kb, cpu_s, started = meter.rss_kb(), meter.cpu_s(), time.perf_counter()
    clients = await connect_all(port, arguments.connections)
    seconds, used_s = time.perf_counter() - started, meter.cpu_s() - cpu_s
    await asyncio.sleep(SETTLE_S)
    figures = {
        "connects_per_s": len(clients) / seconds,
        "cpu_us_per_connect": used_s / len(clients) * 1e6,
        "kb_per_connection": (meter.rss_kb() - rss_kb) / len(clients),
    }
    speakers = clients[:: max(1, len(clients) // SPEAKERS)][:SPEAKERS]
    figures |= await saturate(speakers, meter, arguments.seconds)
    figures |= await pace(speakers, arguments.seconds)
    for client in first + clients:
        client.transport.abort()
    return figures


async def saturate(speakers: list[Client], meter: Meter, seconds: float) -> Figures:
    """As many echoes as come back."""
    for client in speakers:
        client.again = True
        client.speak()
    await asyncio.sleep(0.5)
    before, cpu_s, started = sum(client.echoes for client in speakers), meter.cpu_s(), time.perf_counter()
    await asyncio.sleep(seconds)
    echoes = sum(client.echoes for client in speakers) - before
    passed_s, used_s = time.perf_counter() - started, meter.cpu_s() - cpu_s
    for client in speakers:
        client.again = False
    await asyncio.sleep(0.5)
    return {"echoes_per_s": echoes / passed_s, "cpu_us_per_echo": used_s / max(1, echoes) * 1e6}


async def pace(speakers: list[Client], seconds: float) -> Figures:
    """Echoes at a fixed rate, whatever comes back."""
    latencies_ms: list[float] = []
    for client in speakers:
        client.latencies_ms = latencies_ms
    start = time.perf_counter()
    for number in range(int(seconds * PACE_PER_S)):
        pause_s = start + number / PACE_PER_S - time.perf_counter()
        if pause_s > 0:
            await asyncio.sleep(pause_s)
        speakers[number % len(speakers)].speak()
    await asyncio.sleep(0.2)
    latencies_ms.sort()
    return {
        "p50_ms": latencies_ms[len(latencies_ms) // 2],
        "p99_ms": latencies_ms[len(latencies_ms) * 99 // 100],
    }


@contextlib.contextmanager
def server_process(command: list[str]) -> Iterator[Meter]:
    """A server that says `ready`; killed afterwards."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{command} did not start")
        yield Meter(process.pid)
    finally:
        process.kill()
        process.wait()


def measure_once(kind: str, arguments: argparse.Namespace) -> Figures:
    """One server, from its start to its end."""
    port = choose_free_port(random.Random())
    command = [*(arguments.program or [sys.executable, "-m", "benchmarks._edgeserver"]), kind, str(port)]
    with server_process(command) as meter:
        figures: Figures = uvloop.run(measure(port, meter, arguments))
    gc.collect()
    return figures


def medians(rounds: list[Figures]) -> Figures:
    """The median of each figure."""
    return {name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]}


def print_table(result: dict[str, Any]) -> None:
    """One line per server."""
    names = list(next(iter(result["servers"].values())))
    print(f"{'server':<14}" + "".join(f"{name:>20}" for name in names))
    for kind, figures in result["servers"].items():
        print(f"{kind:<14}" + "".join(f"{figures[name]:>20,.2f}" for name in names))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", nargs="+", default=SERVERS)
    parser.add_argument("--connections", type=int, default=8_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", nargs="+", help="another program that takes a name and a port, and echoes")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "edge.json")
    return parser.parse_args()


def main() -> None:
    """Measure every server in turn, several times, and write down the medians."""
    arguments = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds: dict[str, list[Figures]] = {kind: [] for kind in arguments.servers}
    for _ in range(arguments.rounds):
        for kind, seen in rounds.items():
            seen.append(measure_once(kind, arguments))
    result = {
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
        },
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
        "connections": arguments.connections,
        "rounds": arguments.rounds,
        "servers": {kind: medians(seen) for kind, seen in rounds.items()},
    }
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
