"""The cluster's own figures: failover after `kill -9`, slots moved by joining and leaving, what an idle node costs.

`manage.py bench cluster [--json] [--rounds N]`. Real processes on loopback, with the default timings. Failover is the
time from the kill of an owner until a message that was sent after it is delivered by the new owner to another node.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from imsite.env import ROOT
from imsite.ports import choose_free_port

RESULTS = Path(__file__).parent / "results" / "cluster.json"
SLOTS = 16_384
PACE_S = 0.005
"""Between two messages while a failover is awaited: how fine its time is measured."""
SETTLE_S = 60.0
IDLE_S = 20.0


class Process:
    """One node's process and what it says."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.id = ""
        self.received: dict[int, float] = {}
        self._process = process
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    async def ask(self, command: str) -> Any:
        """Send a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        return await asyncio.wait_for(self._answers.get(), SETTLE_S)

    async def started(self) -> None:
        """Return when the node is in its groups."""
        await asyncio.wait_for(self._answers.get(), SETTLE_S)

    async def end(self) -> None:
        """SIGKILL."""
        self._process.kill()
        await self._process.wait()
        self._reader.cancel()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            if isinstance(answer, dict) and "got" in answer:
                self.received.setdefault(answer["got"], answer["at_s"])
            else:
                self._answers.put_nowait(answer)


class Site:
    """The nodes of one cluster."""

    def __init__(self, folder: str, size: int) -> None:
        self._folder = folder
        randomness = random.Random()
        self._ports = [(choose_free_port(randomness), choose_free_port(randomness)) for _ in range(size + 1)]
        self._size = size
        self.nodes: dict[str, Process] = {}

    async def form(self) -> None:
        """Start the founders (at most five form together, the others join) and wait until all is at rest."""
        names = [f"n{number}" for number in range(self._size)]
        await asyncio.gather(*(self.start(name) for name in names))
        await self.rest(self._size)

    async def start(self, name: str) -> Process:
        """Start a node, or start it again."""
        number = int(name[1:])
        founders = min(self._size, 5)
        port, data_port = self._ports[number]
        join = ",".join(str(other) for other, _ in self._ports if other != port)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks._clusternode",
            self._folder,
            name,
            str(founders if number < founders else 0),
            str(port),
            str(data_port),
            join,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
        )
        node = self.nodes[name] = Process(name, process)
        await node.started()
        return node

    async def rest(self, members: int) -> dict[str, Any]:
        """Wait until so many living members own equal shares and have all the votes they should; return the status."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            status = await next(iter(self.nodes.values())).ask("status")
            shares = [member["slots"] for member in status["members"] if member["status"] == "alive"]
            if len(shares) == members and sum(shares) == SLOTS and max(shares) - min(shares) <= 1 and status["leader"]:
                for node in self.nodes.values():
                    node.id = next(member["node"] for member in status["members"] if member["name"] == node.name)
                return dict(status)
            assert time.monotonic() < deadline, f"not at rest: {status}"
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Kill whatever runs."""
        await asyncio.gather(*(node.end() for node in self.nodes.values()))


async def fail_over(site: Site, *, leader: bool) -> float:
    """Kill the leader, or an owner that does not lead; return seconds until its groups are delivered to again."""
    status = await site.rest(3)
    victim = next(node for node in site.nodes.values() if (node.name == status["leader"]) is leader)
    sender, receiver = [node for node in site.nodes.values() if node is not victim]
    owners = await sender.ask("owners")
    group = next(number for number, owner in owners.items() if owner == victim.id)
    await victim.end()
    del site.nodes[victim.name]
    killed_at = time.monotonic()
    first, number = 1 + max(receiver.received, default=0), 1 + max(receiver.received, default=0)
    while not any(seen >= first for seen in receiver.received):
        await sender.ask(f"send {group} {number}")
        number += 1
        await asyncio.sleep(PACE_S)
        assert time.monotonic() - killed_at < SETTLE_S, "nobody took over"
    seconds = min(at for seen, at in receiver.received.items() if seen >= first) - killed_at
    await site.start(victim.name)
    return seconds


async def failovers(rounds: int) -> dict[str, Any]:
    """Kill leaders and other owners in turn."""
    times: dict[str, list[float]] = {"leader": [], "owner": []}
    with tempfile.TemporaryDirectory(prefix="imsite-bench-") as folder:
        site = Site(folder, 3)
        try:
            await site.form()
            for _ in range(rounds):
                times["leader"].append(await fail_over(site, leader=True))
                times["owner"].append(await fail_over(site, leader=False))
        finally:
            await site.close()
    return {
        what: {"median_s": round(statistics.median(seen), 3), "max_s": round(max(seen), 3), "rounds": len(seen)}
        for what, seen in times.items()
    }


async def movements() -> dict[str, Any]:
    """Let a fourth node join three and leave again; count the slots that change hands."""
    with tempfile.TemporaryDirectory(prefix="imsite-bench-") as folder:
        site = Site(folder, 3)
        try:
            await site.form()
            before = await site.nodes["n0"].ask("table")
            await site.start("n3")
            await site.rest(4)
            joined = await site.nodes["n0"].ask("table")
            leaver = site.nodes.pop("n3")
            await leaver.ask("stop")
            await leaver.end()
            await site.rest(3)
            left = await site.nodes["n0"].ask("table")
        finally:
            await site.close()
    moved = [sum(a != b for a, b in zip(*pair, strict=True)) for pair in ((before, joined), (joined, left))]
    return {"join_moved": moved[0], "leave_moved": moved[1], "ideal": SLOTS // 4}


async def idle(size: int) -> dict[str, Any]:
    """Let a cluster do nothing; return what each node costs."""
    with tempfile.TemporaryDirectory(prefix="imsite-bench-") as folder:
        site = Site(folder, size)
        try:
            await site.form()
            status = await site.rest(size)
            before = {name: await node.ask("usage") for name, node in site.nodes.items()}
            await asyncio.sleep(IDLE_S)
            after = {name: await node.ask("usage") for name, node in site.nodes.items()}
        finally:
            await site.close()
    leader = status["leader"]
    figures: dict[str, Any] = {"nodes": size}
    for what, counted in (("drive_loop", "drive_s"), ("process", "cpu_s")):
        share = {
            name: 100 * (after[name][counted] - before[name][counted]) / (after[name]["now_s"] - before[name]["now_s"])
            for name in before
        }
        figures[f"{what}_leader_percent"] = round(share.pop(leader), 2)
        figures[f"{what}_follower_percent"] = round(statistics.median(share.values()), 2)
    rss_kib = statistics.median(usage["rss_kib"] for usage in after.values())
    return figures | {"rss_mib": round(rss_kib / 1024, 1)}


async def measure(rounds: int) -> dict[str, Any]:
    """Run everything."""
    return {
        "failover": await failovers(rounds),
        "movement": await movements(),
        "idle": [await idle(size) for size in (3, 7)],
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="manage.py bench cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="kills of each kind")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    result = asyncio.run(measure(options.rounds))
    options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
