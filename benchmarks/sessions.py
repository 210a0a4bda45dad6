"""What a signed-in, idle session costs: memory, the collector's pauses, and the processor time of its heartbeats.

    python -m benchmarks.sessions [--sessions 1000 5000 15000] [--servers im uvicorn] [--seconds 10] [--trace]

Edge, gateway and a cluster of one node run in a process of their own, over real sockets; only the database is left
out. Every session belongs to another user, so that the registry and the cluster carry as many groups. `--trace` lists
which lines of code allocated what a session holds.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop

from benchmarks._wsclient import WsClient

HOST, PORT = "127.0.0.1", 18396
HEARTBEAT_S = 60
AT_ONCE = 200
ROOT = Path(__file__).resolve().parent.parent
HEARTBEAT = b'{"op":"heartbeat"}'


class Child:
    """The node's process."""

    def __init__(self, folder: str, server: str, *, trace: bool) -> None:
        command = [sys.executable, "-m", "benchmarks._sessionnode", folder, str(PORT), server, str(int(trace))]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def ask(self, command: str) -> Any:
        """Give a command and return what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the node ended")
        return json.loads(line)


class Crowd:
    """The clients."""

    def __init__(self) -> None:
        self.sockets: list[WsClient] = []
        self.answers = 0

    async def grow(self, sessions: int) -> float:
        """Have so many sessions in all; return how many came per second."""
        missing, started = sessions - len(self.sockets), time.perf_counter()
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._join(gate) for _ in range(missing)))
        return missing / (time.perf_counter() - started)

    async def beat(self, seconds: float) -> int:
        """Send the heartbeats that fall into so much time, evenly; return how many were answered."""
        loop, before = asyncio.get_running_loop(), self.answers
        count = int(len(self.sockets) * seconds / HEARTBEAT_S)
        started = loop.time()
        for number, socket in enumerate(random.sample(self.sockets, count)):
            pause_s = started + number * seconds / count - loop.time()
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            socket.send(HEARTBEAT)
        await asyncio.sleep(max(0.2, started + seconds - loop.time()))
        return self.answers - before

    async def _join(self, gate: asyncio.Semaphore) -> None:
        async with gate:
            welcomed = asyncio.Event()

            def take(data: bytes) -> None:
                self.answers += 1
                welcomed.set()

            socket = WsClient(take)
            source = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
            await socket.connect(HOST, PORT, "/ws/v1", source=source)  # one address has some 28,000 free ports
            frame = {"op": "sign_in", "token": str(uuid4()), "terminal": str(uuid4()), "platform": "bot"}
            socket.send(json.dumps(frame).encode())
            await asyncio.wait_for(welcomed.wait(), 30)
            self.sockets.append(socket)


async def measure(server: str, folder: str, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """All steps against one kind of server."""
    node, crowd, rows = Child(folder, server, trace=arguments.trace), Crowd(), []
    await crowd.grow(50)  # the first ones pay for what is made lazily
    node.ask("traced")
    node.ask("collection")
    first = await asyncio.to_thread(node.ask, "usage")
    for sessions in arguments.sessions:
        rate = await crowd.grow(sessions)
        pause_ms = (await asyncio.to_thread(node.ask, "collection"))["full_collection_ms"]
        await asyncio.sleep(1)
        before = await asyncio.to_thread(node.ask, "usage")
        answered = await crowd.beat(arguments.seconds)
        after = await asyncio.to_thread(node.ask, "usage")
        added = before["sessions"] - first["sessions"]
        cores = (after["cpu_s"] - before["cpu_s"]) / (after["now_s"] - before["now_s"])
        rows.append(
            {
                "sessions": before["sessions"],
                "kb_per_session": round((before["rss_kb"] - first["rss_kb"]) / added, 2),
                "objects_per_session": round((before["objects"] - first["objects"]) / added, 1),
                "sign_ins_per_s": round(rate),
                "full_collection_ms": pause_ms,
                "full_collection_frozen_ms": (await asyncio.to_thread(node.ask, "frozen"))["full_collection_ms"],
                "heartbeats": answered,
                "cores": round(cores, 4),
                "cores_per_100k_sessions": round(cores * 100_000 / before["sessions"], 3),
            }
        )
        print(server, rows[-1], flush=True)
    for line, size, count in node.ask("traced"):
        print(f"{size / added:9.1f} bytes {count / added:6.2f} objects per session  {line}")
    node.stop()
    return rows


def main() -> None:
    """Parse, measure every server, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", nargs="+", default=["im", "uvicorn"], choices=["im", "uvicorn"])
    parser.add_argument("--sessions", nargs="+", type=int, default=[1_000, 5_000, 15_000])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "sessions.json")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    results: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version[:6]}"}
    for server in arguments.servers:
        with tempfile.TemporaryDirectory() as folder:
            results[server] = uvloop.run(measure(server, folder, arguments))
    if not arguments.trace:
        arguments.output.parent.mkdir(exist_ok=True)
        arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
