"""What measuring costs: nanoseconds per call, and the share of a message, with metrics on and off in one run.

    python -m benchmarks.metrics [--rounds 2] [--turns 12] [--pairs 50] [--seconds 1.5] [--server im] [--json]

Calls: processor time, the best of several repetitions of a loop, without the loop. Messages: two nodes run at the same
time on one fresh database, one with IM_METRICS=on, one with off. They work in turn: every sender sends again as soon as
it has its ack, for a moment. What the loop's thread took per message is compared turn by turn, because on a machine
that does other work too it differs from minute to minute by more than what is looked for. So the share is also worked
out: how much the node's counters and histograms grew per message, times the dearest call, over the loop's time.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import timeit
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import uvloop

from apps.metrics import Registry
from apps.metrics.adapters.openmetrics import expose
from benchmarks import gateway
from benchmarks._database import database_server, fresh_database
from benchmarks.gateway import Pair, Person

PORT = 18460
SETTLE_S = 0.3
OBSERVED = ("im_process_", "im_edge_", "im_loop_", "im_gc_", "imsite_cluster_")
"""Figures that do not come from calls a message makes."""
CALLS, REPEATS = 50_000, 25
SERIES = 300
"""About what a node of a small cluster has."""


def measure_calls() -> dict[str, float]:
    """Nanoseconds of each call."""
    registry, silent = Registry(), Registry()
    silent.silence()
    counters = registry.counter("im_b_total", "B.", ("op", "code"))
    names = {
        "counter": registry.counter("im_a_total", "A."),
        "kept": counters.labelled(op="send", code="busy"),
        "labelled": counters,
        "gauge": registry.gauge("im_c", "C."),
        "histogram": registry.histogram("im_d_seconds", "D."),
        "silent": silent.counter("im_e_total", "E."),
    }
    statements = {
        "counter.add()": "counter.add()",
        "counter.add(n)": "counter.add(3)",
        "kept labelled counter.add()": "kept.add()",
        "counter.add(op=…, code=…)": "labelled.add(op='send', code='busy')",
        "gauge.set(x)": "gauge.set(5)",
        "histogram.observe(x)": "histogram.observe(0.004)",
        "counter.add() with metrics off": "silent.add()",
    }
    loop_s = best_s("pass", {}, CALLS)
    return {name: round((best_s(text, names, CALLS) - loop_s) / CALLS * 1e9, 1) for name, text in statements.items()}


def best_s(statement: str, names: dict[str, Any], number: int) -> float:
    """Processor seconds of this thread for so many times a statement, at best."""
    return min(timeit.repeat(statement, timer=time.thread_time, number=number, repeat=REPEATS, globals=names))


def measure_reading() -> dict[str, float]:
    """Milliseconds to take a snapshot of many series, and to write it for Prometheus."""
    registry = Registry()
    for number in range(SERIES // 10):
        waits = registry.histogram(f"im_h{number}_seconds", "H.", ("way",))
        counters = registry.counter(f"im_c{number}_total", "C.", ("op",))
        for way in range(5):
            waits.observe(0.1, way=str(way))
            counters.add(op=str(way))
    families = registry.snapshot()
    return {
        "snapshot_ms": round(best_s("registry.snapshot()", {"registry": registry}, 10) * 100, 2),
        "exposition_ms": round(best_s("expose(families)", {"expose": expose, "families": families}, 1) * 1000, 2),
        "series": SERIES,
    }


class Side:
    """A node with metrics on or off, and its people."""

    def __init__(self, mode: str, number: int, people: list[tuple[Person, Person]]) -> None:
        self.mode = mode
        self.http_port, self.ws_port = PORT + 10 * number, PORT + 10 * number + 1
        self.environment = {
            "IM_METRICS": mode,
            "IM_CLUSTER_PORT": str(PORT + 10 * number + 2),
            "IM_CLUSTER_DATA_PORT": str(PORT + 10 * number + 3),
        }
        self.pairs = [Pair(sender, receiver) for sender, receiver in people]
        self.node = psutil.Process()
        self.us_per_message: list[float] = []
        self.calls = self.messages = 0.0

    @contextlib.contextmanager
    def running(self, server: str) -> Iterator[None]:
        """Have the node, with a data folder of its own."""
        os.environ |= self.environment
        gateway.HTTP_PORT, gateway.WS_PORT = self.http_port, self.ws_port
        with tempfile.TemporaryDirectory() as folder, gateway.node_process(server, Path(folder), None) as self.node:
            yield

    async def sign_in(self) -> None:
        """Connect everybody."""
        gateway.WS_PORT = self.ws_port
        for pair in self.pairs:
            await gateway.connect(pair.sender, pair)
            await gateway.connect(pair.receiver, pair)

    async def send(self, seconds: float) -> None:
        """Every sender sends again as soon as it has its ack; note what a message took of the node's loop."""
        merged = gateway.Measurement()
        for pair in self.pairs:
            pair.measurement = merged
        before_ns, calls = loop_cpu_ns(self.node.pid), await asyncio.to_thread(self.calls_so_far)
        await gateway.run_saturated(self.pairs, seconds)
        await asyncio.sleep(SETTLE_S)
        spent_ns = loop_cpu_ns(self.node.pid) - before_ns
        self.calls += await asyncio.to_thread(self.calls_so_far) - calls
        self.messages += len(merged.deliveries_ms)
        self.us_per_message.append(spent_ns / 1000 / max(1, len(merged.deliveries_ms)))

    def calls_so_far(self) -> float:
        """How often the node has counted or observed, by its figures: histograms by values, counters by sum."""
        with urllib.request.urlopen(f"http://{gateway.HOST}:{self.http_port}/metrics.json") as answer:
            metrics = json.load(answer)["metrics"]
        total: float = sum(
            sample.get("count", sample.get("value", 0))
            for metric in metrics
            for sample in metric["samples"]
            if metric["kind"] != "gauge" and not metric["name"].startswith(OBSERVED)
        )
        return total


def loop_cpu_ns(pid: int) -> int:
    """Processor time of the main thread, whose loop serves the sessions. Linux."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0])


async def take_turns(sides: list[Side], turns: int, seconds: float) -> None:
    """Let the nodes work one after the other, each as often first as second."""
    for side in sides:
        await side.sign_in()
    everybody = [person for side in sides for pair in side.pairs for person in (pair.sender, pair.receiver)]
    background = asyncio.create_task(gateway.acknowledge_for_ever(everybody))
    for side in sides:
        await side.send(2.0)
        side.us_per_message.clear()
        side.calls = side.messages = 0
    for turn in range(turns):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            await side.send(seconds)
    background.cancel()
    await asyncio.wait([background])
    for person in everybody:
        assert person.socket is not None
        person.socket.close()


def measure_messages(arguments: argparse.Namespace) -> dict[str, Any]:
    """Both nodes at the same time, in several rounds; their people change places from one to the next."""
    off_us: list[float] = []
    on_us: list[float] = []
    calls = messages = 0.0
    with database_server() as server_url, fresh_database(server_url, "imsite_bench_metrics"):
        people = gateway.make_people(2 * arguments.pairs)
        halves = people[: arguments.pairs], people[arguments.pairs :]
        for number in range(arguments.rounds):
            off, on = Side("off", number % 2, halves[number % 2]), Side("on", 1 - number % 2, halves[1 - number % 2])
            with off.running(arguments.server), on.running(arguments.server):
                uvloop.run(take_turns([off, on], arguments.turns, arguments.seconds))
            off_us += off.us_per_message
            on_us += on.us_per_message
            calls, messages = calls + on.calls, messages + on.messages
    ratios = statistics.quantiles((one / other for one, other in zip(on_us, off_us, strict=True)), n=4)
    return {
        "turns": len(on_us),
        "loop_us_per_message": {
            "off": round(statistics.median(off_us), 1),
            "on": round(statistics.median(on_us), 1),
        },
        "percent_more_quartiles": [round(100 * (ratio - 1), 1) for ratio in ratios],
        "calls_per_message": round(calls / messages, 2),
    }


def share_of_a_message(calls: dict[str, float], messages: dict[str, Any]) -> dict[str, float]:
    """What all calls for one message take of the loop's time for it, as if each were the dearest."""
    us = messages["calls_per_message"] * calls["histogram.observe(x)"] / 1000
    return {
        "us_per_message": round(us, 2),
        "percent_of_loop": round(100 * us / messages["loop_us_per_message"]["off"], 2),
        "percent_measured": messages["percent_more_quartiles"][1],
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--server", default="im")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=gateway.ROOT / "benchmarks" / "results" / "metrics.json")
    arguments = parser.parse_args()
    calls = measure_calls()
    messages = measure_messages(arguments)
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}",
        "load_average": round(os.getloadavg()[0], 1),
        "calls_ns": calls,
        "reading": measure_reading(),
        "messages": messages,
        "share": share_of_a_message(calls, messages),
    }
    text = json.dumps(result, indent=2, ensure_ascii=False)
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(text + "\n", encoding="utf-8")
    if arguments.json:
        print(text)
        return
    for name in ("calls_ns", "reading", "share"):
        for key, value in result[name].items():
            print(f"{key:<34} {value}")


if __name__ == "__main__":
    main()
