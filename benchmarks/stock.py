"""Our edge server beside what a Channels project has without it: uvicorn and daphne with an `AsyncWebsocketConsumer`.

    manage.py bench stock [--connections 6000] [--seconds 4] [--rounds 3] [--json]

One run, one table: the same client, connections and echoes as in `benchmarks/edge.py`, each round a fresh process for
each server, medians of the rounds. Ours stands there twice: with a detached application, as our own sessions are, and
with the very same consumer. "Echoes per second of a core" are by the processor time of the server, so they hold also
where the client was slower than it. Not here: sign-in, storage, fan-out (`benchmarks/gateway.py`).
"""

import argparse
import gc
import json
import os
import platform
import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import uvloop

from benchmarks.edge import ROOT, Figures, measure, medians, server_process
from imsite.ports import choose_free_port

RESULTS: Final = ROOT / "benchmarks" / "results" / "stock.json"
SERVERS: Final = {
    "im-detached": "imsite, detached",
    "im-consumer": "imsite, consumer",
    "uvicorn-consumer": "uvicorn, consumer",
    "daphne-consumer": "daphne, consumer",
}
COLUMNS: Final = {
    "kb_per_connection": "KB per connection",
    "connects_per_s": "connects/s",
    "echoes_per_core_s": "echoes/s of a core",
    "echoes_per_s": "echoes/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
}


def measure_once(kind: str, arguments: argparse.Namespace) -> Figures:
    """One server, from its start to its end."""
    port = choose_free_port(random.Random())
    with server_process([sys.executable, "-m", "benchmarks._edgeserver", kind, str(port)]) as meter:
        figures: Figures = uvloop.run(measure(port, meter, arguments))
    gc.collect()
    figures["echoes_per_core_s"] = 1e6 / max(0.001, figures["cpu_us_per_echo"])
    return figures


def versions() -> dict[str, str]:
    """What exactly was compared."""
    from importlib.metadata import version

    return {name: version(name) for name in ("channels", "daphne", "uvicorn", "websockets", "uvloop")}


def print_table(servers: dict[str, Figures]) -> None:
    """One line per server."""
    print(f"{'server':<20}" + "".join(f"{title:>20}" for title in COLUMNS.values()))
    for kind, figures in servers.items():
        print(f"{SERVERS[kind]:<20}" + "".join(f"{figures[name]:>20,.2f}" for name in COLUMNS))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=6_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help=f"write the figures to {RESULTS.relative_to(ROOT)}")
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def main() -> None:
    """Measure every server in turn, several times; show and write down the medians."""
    arguments = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds: dict[str, list[Figures]] = {kind: [] for kind in SERVERS}
    for _ in range(arguments.rounds):
        for kind, seen in rounds.items():
            seen.append(measure_once(kind, arguments))
    servers = {kind: medians(seen) for kind, seen in rounds.items()}
    print_table(servers)
    if arguments.json:
        found: dict[str, Any] = {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": f"{platform.python_version()}, {platform.python_compiler()}",
            "load_average": round(os.getloadavg()[0], 1),
            "commit": _commit(),
            "versions": versions(),
            "connections": arguments.connections,
            "rounds": rounds,
            "servers": servers,
        }
        arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
