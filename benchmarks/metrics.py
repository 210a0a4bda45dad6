"""What measuring costs: nanoseconds per call, and the share of a message, with metrics on and off in one run.

    python -m benchmarks.metrics [--rounds 3] [--pairs 100] [--seconds 6] [--server im] [--json]

Calls: processor time, the best of several repetitions of a loop, without the loop. Messages: nodes with IM_METRICS=on
and off in turn (off, on, on, off, …) on one fresh database, every sender of the pairs sending again as soon as it has
its ack; medians over the rounds. Since two runs of the same program differ by more than what is looked for on a machine
that does other work too, the share is also worked out: by how much all counters and histograms of the node grew per
message, times what a call costs, over the node's processor time per message.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import timeit
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import uvloop

from apps.metrics import Registry
from apps.metrics.adapters.openmetrics import expose
from benchmarks._database import database_server, fresh_database
from benchmarks.gateway import (
    HOST,
    HTTP_PORT,
    ROOT,
    Pair,
    acknowledge_for_ever,
    connect,
    make_people,
    measured,
    node_process,
    run_saturated,
)

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


def calls_so_far() -> float:
    """How often the node has counted or observed, as far as its figures tell: histograms by values, counters by sum."""
    with urllib.request.urlopen(f"http://{HOST}:{HTTP_PORT}/metrics.json") as answer:
        metrics = json.load(answer)["metrics"]
    counted = {"im_process_cpu_seconds_total", "imsite_cluster_events_total"}
    total: float = sum(
        sample.get("count", sample.get("value", 0))
        for metric in metrics
        for sample in metric["samples"]
        if metric["kind"] != "gauge" and metric["name"] not in counted and not metric["name"].startswith("im_edge_")
    )
    return total


async def run_round(people: list[Any], node: psutil.Process, seconds: float) -> dict[str, Any]:
    """Sign everybody in, warm up, and send for a while."""
    pairs = [Pair(sender, receiver) for sender, receiver in people]
    for pair in pairs:
        await connect(pair.sender, pair)
        await connect(pair.receiver, pair)
    everybody = [person for pair in pairs for person in (pair.sender, pair.receiver)]
    background = asyncio.create_task(acknowledge_for_ever(everybody))
    await measured(pairs, node, run_saturated(pairs, 2.0))
    before = await asyncio.to_thread(calls_so_far)
    result = await measured(pairs, node, run_saturated(pairs, seconds))
    result["calls"] = await asyncio.to_thread(calls_so_far) - before
    background.cancel()
    await asyncio.wait([background])
    for person in everybody:
        assert person.socket is not None
        person.socket.close()
    return result


def measure_messages(arguments: argparse.Namespace) -> dict[str, Any]:
    """Rounds with metrics on and off in turn."""
    rounds: dict[str, list[dict[str, Any]]] = {"off": [], "on": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        database_server() as server_url,
        fresh_database(server_url, "imsite_bench_metrics"),
    ):
        people = make_people(arguments.pairs)
        for number in range(arguments.rounds):
            for mode in ("off", "on") if number % 2 == 0 else ("on", "off"):
                os.environ |= {"IM_METRICS": mode, "IM_NODE_PROCESSES": "1"}  # one process, whose time is taken
                with node_process(arguments.server, Path(folder), None) as node:
                    rounds[mode].append(uvloop.run(run_round(people, node, arguments.seconds)))
                last = rounds[mode][-1]
                told = f"{last['messages_per_s']} messages/s, {last['node_cpu_ms_per_message']} ms CPU each"
                print(f"metrics {mode}: {told}", file=sys.stderr)
    return {
        mode: {
            "messages_per_s": statistics.median(each["messages_per_s"] for each in found),
            "node_cpu_ms_per_message": statistics.median(each["node_cpu_ms_per_message"] for each in found),
            "calls_per_message": round(statistics.median(each["calls"] / each["delivered"] for each in found), 2),
            "rounds": found,
        }
        for mode, found in rounds.items()
    }


def share_of_a_message(calls: dict[str, float], messages: dict[str, Any]) -> dict[str, float]:
    """What all calls for one message take of the node's time for it, as if each were the dearest."""
    on, off = messages["on"], messages["off"]
    dearest_ns = calls["histogram.observe(x)"]
    return {
        "microseconds_per_message": round(on["calls_per_message"] * dearest_ns / 1000, 3),
        "percent_of_node_cpu": round(on["calls_per_message"] * dearest_ns / 1e4 / on["node_cpu_ms_per_message"], 2),
        "percent_measured": round(100 * (on["node_cpu_ms_per_message"] / off["node_cpu_ms_per_message"] - 1), 2),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--server", default="im")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "metrics.json")
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
