"""What a session and a message cost, from a thousand sessions to a hundred thousand, on one running installation.

    manage.py up --processes 7
    manage.py seed_load --users 100000
    manage.py bench growth --tokens load-tokens.json [--sizes 1000 10000 50000 100000] [--seconds 36] [--json]

For each size one load test connects so many people and keeps them: a third of the time they send nothing but
heartbeats, then pairs write 200 messages a second. As many heartbeats come each second whatever the size, 1,667 as of
100,000 people every 60 s (at least one second between two of a person), so that their cost stands out alike. Memory is
the proportional share (PSS) of all processes of the node, less what they took before the first session, so begin with a
node that is just started. The processor time of a heartbeat is that of the quiet third, less that of a node without
sessions; of a message, that of the rest less the quiet third. PostgreSQL's is not in it. Linux only.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import psutil
import yaml

from apps.loadtest.observing import Observer, listeners
from apps.loadtest.result import Result, read_result
from apps.loadtest.targets import parse_target
from imsite.env import read_environment

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "benchmarks" / "results" / "growth.json"
HEARTBEATS_PER_S: Final = 1_667
MIN_HEARTBEAT_S, MAX_HEARTBEAT_S = 1.0, 60.0
RATE_PER_S: Final = 200
CONVERSATIONS: Final = 500
LOOK_S: Final = 3.0
"""Pause between two looks at the memory; one takes some tens of milliseconds."""
EMPTY_S: Final = 10.0
COLUMNS: Final = {
    "pss_kb_per_session": "KB per session",
    "heartbeat_us": "us per heartbeat",
    "message_us": "us per message",
    "ack_p50_ms": "ack p50 ms",
    "ack_p99_ms": "ack p99 ms",
    "connected_per_s": "connects/s",
}

Figures = dict[str, float]


class Memory:
    """Looks at the proportional memory of some processes until told to stop; keeps the most."""

    def __init__(self, pids: list[int]) -> None:
        self.most_bytes = 0
        self._pids = pids
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_S):
            self.most_bytes = max(self.most_bytes, pss_bytes(self._pids))


def pss_bytes(pids: list[int]) -> int:
    """Memory of these processes, what they share counted once."""
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids)


def family(port: int) -> list[int]:
    """The processes of the node that listens there: the one that forked the others, and all of them."""
    found = listeners([port])
    if not found:
        raise SystemExit(f"nothing listens on port {port}: start `manage.py up --processes 7`")
    one = psutil.Process(found[0])
    parent = one.parent()
    root = parent if parent is not None and "node" in parent.cmdline() else one
    return [root.pid, *(child.pid for child in root.children())]


def cores_without_sessions(pids: list[int]) -> float:
    """Processor time of the node while nobody is there, in cores."""
    observer = Observer(pids)
    before, began = observer.look().cpu_s, time.monotonic()
    time.sleep(EMPTY_S)
    return (observer.look().cpu_s - before) / (time.monotonic() - began)


def heartbeat_s(sessions: int) -> float:
    """The pause between two heartbeats of one person."""
    return min(MAX_HEARTBEAT_S, max(MIN_HEARTBEAT_S, sessions / HEARTBEATS_PER_S))


def scenario(sessions: int, seconds: float, connect_per_s: float) -> dict[str, Any]:
    """A third of quiet, two thirds of messages."""
    traffic = {"size": 2, "conversations": min(CONVERSATIONS, sessions // 2), "speakers": 2, "rate_per_s": RATE_PER_S}
    return {
        "title": {"en": f"Growth: {sessions}"},
        "sessions": sessions,
        "connect_per_s": connect_per_s,
        "heartbeat_s": heartbeat_s(sessions),
        "warm_up_s": 6,
        "duration_s": seconds,
        "shape": [0, 1, 1],
        "traffic": [traffic],
    }


def run_load(sessions: int, arguments: argparse.Namespace, pids: list[int], folder: Path) -> Result:
    """One load test in processes of its own."""
    plan, found = folder / f"growth-{sessions}.yaml", folder / f"growth-{sessions}.json"
    plan.write_text(yaml.safe_dump(scenario(sessions, arguments.seconds, arguments.connect_rate)), encoding="utf-8")
    where = ["--url", arguments.url, "--tokens", str(arguments.tokens), "--json", str(found)]
    observed = [word for pid in pids for word in ("--server-pid", str(pid))]
    command = [sys.executable, str(ROOT / "manage.py"), "loadtest", str(plan), *where, *observed]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    result = read_result(found)
    if not result.verdict.passed:
        print(f"not passed: {result.verdict.fault_counts}")
    return result


def figures_of(result: Result, *, grown_bytes: int, empty_cores: float) -> Figures:
    """The figures of one size."""
    measured = [point for point in result.timeline if point.phase == "measure"]
    talking = [point for point in measured if point.counts.get("sent", 0) > RATE_PER_S / 2]
    quiet = [point for point in measured if not point.counts.get("sent")]
    sessions = result.scenario.sessions
    quiet_cores = fmean(point.server_cpu for point in quiet)
    talking_cores = fmean(point.server_cpu for point in talking)
    sent_per_s = fmean(point.counts["sent"] for point in talking)
    return {
        "sessions": sessions,
        "pss_kb_per_session": grown_bytes / 1024 / sessions,
        "quiet_cores": quiet_cores,
        "heartbeat_us": (quiet_cores - empty_cores) / (sessions / heartbeat_s(sessions)) * 1e6,
        "message_us": (talking_cores - quiet_cores) / sent_per_s * 1e6,
        **{name: result.figures[name] for name in ("ack_p50_ms", "ack_p99_ms", "delivery_p99_ms", "connected_per_s")},
        "client_lag_p99_ms": result.figures["client_lag_p99_ms"],
        "acked": result.verdict.acked,
        "faults": sum(result.verdict.fault_counts.values()),
    }


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=f"ws://127.0.0.1:{read_environment().ws_port}/ws/v1")
    parser.add_argument("--tokens", type=Path, default=Path("load-tokens.json"), help="file of seed_load")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 50_000, 100_000])
    parser.add_argument("--seconds", type=float, default=36.0, help="of each size")
    parser.add_argument("--connect-rate", type=float, default=1_500.0)
    parser.add_argument("--json", action="store_true", help=f"write the figures to {RESULTS.relative_to(ROOT)}")
    return parser.parse_args()


def main() -> None:
    """Measure all sizes, the smallest first; show and write down what each costs."""
    arguments = parse()
    pids = family(parse_target(arguments.url).port)
    empty_bytes, empty_cores = pss_bytes(pids), cores_without_sessions(pids)
    print(f"{'sessions':>10}" + "".join(f"{title:>18}" for title in COLUMNS.values()), flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for sessions in sorted(arguments.sizes):
            with Memory(pids) as memory:
                result = run_load(sessions, arguments, pids, Path(folder))
            grown = memory.most_bytes - empty_bytes
            rows.append(figures_of(result, grown_bytes=grown, empty_cores=empty_cores))
            print(f"{sessions:>10,}" + "".join(f"{rows[-1][name]:>18,.2f}" for name in COLUMNS), flush=True)
    if arguments.json:
        found = {
            "machine": result.machine,
            "python": f"{platform.python_version()}, {platform.python_compiler()}",
            "load_average": round(os.getloadavg()[0], 1),
            "durability": result.durability,
            "processes": len(pids),
            "without_sessions": {"pss_mb": round(empty_bytes / 2**20, 1), "cores": round(empty_cores, 4)},
            "rows": [{name: round(value, 3) for name, value in row.items()} for row in rows],
        }
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
