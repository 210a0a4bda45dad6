"""What REST requests cost the sessions beside them: delivery of messages with the API idle and under load.

    python -m benchmarks.rest [--rounds 3] [--seconds 6] [--pairs 50] [--layouts NAME ...] [--json]

`combined` is one process that serves everything, `divided` one that serves pages and REST and one that serves sessions
(what `manage.py up` starts on two cores), `two combined` two that both do everything. Each gets the same 200 messages
per second; meanwhile another process asks for lists of conversations, at a fixed rate or as fast as four connections
get answers. Layouts and loads take turns, `--rounds` times; medians are reported, since the machine is never quiet.
"""

import argparse
import asyncio
import contextlib
import http.client
import itertools
import json
import multiprocessing
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks import gateway
from benchmarks._database import database_server, fresh_database
from benchmarks.gateway import (
    HOST,
    ROOT,
    Measurement,
    Pair,
    Person,
    acknowledge_for_ever,
    await_health,
    connect,
    make_people,
    percentiles,
    run_light,
)

LAYOUTS: dict[str, dict[str, str]] = {
    "combined": {"IM_NODE_PROCESSES": "1"},
    "divided": {"IM_NODE_PROCESSES": "2"},
    "two combined": {"IM_NODE_PROCESSES": "2", "IM_NODE_ROLES": "ws,http,jobs"},
}
LOADS = {"no requests": 0.0, "50 requests/s": 50.0, "4 connections, always": float("inf")}
HTTP_PORT, WS_PORT = gateway.HTTP_PORT, gateway.WS_PORT = 18380, 18381
PORTS = {
    "IM_HTTP_PORT": str(HTTP_PORT),
    "IM_WS_PORT": str(WS_PORT),
    "IM_CLUSTER_PORT": "18382",
    "IM_CLUSTER_DATA_PORT": "18383",
    "IM_PROBE_PORT": "18384",
}
"""Its own, so that what has those of the gateway's benchmark can run beside it."""
MESSAGES_PER_S = 200.0
CONNECTIONS = 4
SETTLE_S = 1.0
WARM_UP_S = 2.0
MACHINE = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
RESULTS = ROOT / "benchmarks" / "results" / "rest.json"


def ask_for_ever(tokens: list[str], per_s: float, answered: Any) -> None:
    """The process of the load: ask over a few connections, at a rate in all, and count the answers."""

    def ask(mine: list[str]) -> None:
        connection = http.client.HTTPConnection(HOST, HTTP_PORT, timeout=30)
        began_at = time.perf_counter()
        for number, token in enumerate(itertools.cycle(mine)):
            time.sleep(max(0.0, began_at + number * CONNECTIONS / per_s - time.perf_counter()))
            connection.request("GET", "/api/v1/conversations", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            with answered.get_lock():
                answered.value += 1

    for place in range(CONNECTIONS):
        threading.Thread(target=ask, args=(tokens[place::CONNECTIONS],), daemon=True).start()
    signal.pause()


@contextlib.contextmanager
def requests(tokens: list[str], per_s: float) -> Iterator[Any]:
    """The load, for as long as this lasts; yields the number of answers so far."""
    context = multiprocessing.get_context("spawn")
    answered = context.Value("q", 0)
    if not per_s:
        yield answered
        return
    process = context.Process(target=ask_for_ever, args=(tokens, per_s, answered), daemon=True)
    process.start()
    try:
        while not answered.value:
            time.sleep(0.05)
        yield answered
    finally:
        process.kill()
        process.join()


@contextlib.contextmanager
def node(layout: str, folder: Path) -> Iterator[psutil.Process]:
    """A node of that layout, in a new cluster."""
    environment = {**os.environ, **PORTS, **LAYOUTS[layout], "IM_VENV": "none", "IM_DATA_DIR": str(folder)}
    environment["IM_LOG_LEVEL"] = "WARNING"
    process = subprocess.Popen([sys.executable, "manage.py", "node"], cwd=ROOT, env=environment)
    try:
        await_health(process)
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)


async def measure_loads(people: list[tuple[Person, Person]], seconds: float) -> dict[str, dict[str, Any]]:
    """Sign everybody in and send the same messages beside each load."""
    pairs = [Pair(sender, receiver) for sender, receiver in people]
    everybody = [(person, pair) for pair in pairs for person in (pair.sender, pair.receiver)]
    for person, pair in everybody:
        await connect(person, pair)
    background = [asyncio.create_task(acknowledge_for_ever([person for person, _ in everybody]))]
    tokens = [person.token for person, _ in everybody]
    found = {}
    await run_light(pairs, WARM_UP_S, MESSAGES_PER_S)
    for load, per_s in LOADS.items():
        with requests(tokens, per_s) as answered:
            found[load] = await measure(pairs, seconds, answered)
    background[0].cancel()
    for person, _ in everybody:
        assert person.socket is not None
        person.socket.close()
    return found


async def measure(pairs: list[Pair], seconds: float, answered: Any) -> dict[str, Any]:
    """Send for a while."""
    merged = Measurement()
    for pair in pairs:
        pair.measurement = merged
    before, began_at = answered.value, time.perf_counter()
    await run_light(pairs, seconds, MESSAGES_PER_S)
    requests_per_s = (answered.value - before) / (time.perf_counter() - began_at)
    await asyncio.sleep(SETTLE_S)
    assert len(merged.deliveries_ms) == len(merged.sent_at), "a message was lost"
    return {
        "ack_ms": percentiles(merged.acks_ms),
        "delivery_ms": percentiles(merged.deliveries_ms),
        "requests_per_s": round(requests_per_s, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


def summed_up(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds."""
    return {
        **{
            name: {key: statistics.median(each[name][key] for each in rounds) for key in rounds[0][name]}
            for name in ("ack_ms", "delivery_ms")
        },
        **{name: statistics.median(each[name] for each in rounds) for name in ("requests_per_s", "load_average")},
        "rounds": rounds,
    }


def main() -> None:
    """Measure every layout in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--layouts", nargs="+", default=list(LAYOUTS), choices=list(LAYOUTS))
    parser.add_argument("--json", action="store_true", help="write the figures to benchmarks/results/rest.json")
    arguments = parser.parse_args()
    os.environ.setdefault("IM_LOG_LEVEL", "ERROR")  # Conversations are made while no node runs, which is no news.
    rounds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with database_server() as server_url, fresh_database(server_url, "imsite_bench_rest"):
        people = make_people(arguments.pairs)
        for _, layout in itertools.product(range(arguments.rounds), arguments.layouts):
            with tempfile.TemporaryDirectory() as folder, node(layout, Path(folder)):
                for load, found in uvloop.run(measure_loads(people, arguments.seconds)).items():
                    rounds.setdefault((layout, load), []).append(found)
    results = {layout: {load: summed_up(rounds[layout, load]) for load in LOADS} for layout in arguments.layouts}
    for (layout, load), found in ((key, results[key[0]][key[1]]) for key in rounds):
        ack, delivery = found["ack_ms"], found["delivery_ms"]
        print(
            f"{layout:<13} {load:<22} ack p50/p99 {ack['p50']:.1f}/{ack['p99']:.1f} ms   delivery p50/p99 "
            f"{delivery['p50']:.1f}/{delivery['p99']:.1f} ms   {found['requests_per_s']:.0f} requests/s   "
            f"load {found['load_average']}"
        )
    if arguments.json:
        RESULTS.write_text(json.dumps({"machine": MACHINE, "layouts": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
