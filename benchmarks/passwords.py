"""How many passwords a node checks per second, and what that does to those who are signed in already.

    python -m benchmarks.passwords [--seconds 10] [--callers 16] [--json] [--output FILE]

A real node (Argon2 as it comes). One person sends another a message every 50 ms over WebSocket; reported is the time
until the other one has it, first alone, then beside callers that sign in with the right password by the OAuth2 password
grant, each at once with the next. Those that the node refuses in the rush (503, with a time to wait) are counted apart,
and wait as they are told.

Uses the server of DATABASE_URL (a database of its own is made there and dropped).
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.test"

if TYPE_CHECKING:  # it reads Django's settings
    from tests.webclient.browser.site import Site

PROGRAM = "imsite-cli"
EVERY_S = 0.05
OK, BUSY = 200, 503
TARGET_P99_MS = 100
"""Of delivery beside the flood."""


def sign_in_once(port: int, login: str, password: str) -> tuple[int, float]:
    """Ask for a token by a password; return the status and the seconds to wait."""
    form = {"grant_type": "password", "client_id": PROGRAM, "username": login, "password": password, "scope": "im"}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            "POST", "/oauth/token/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status, float(answer.headers.get("Retry-After") or 0)
    finally:
        connection.close()


class Flood:
    """Callers that sign in all the time, until they are stopped."""

    def __init__(self, site: "Site", logins: list[str]) -> None:
        self._site, self._logins = site, logins
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.statuses: dict[int, int] = {}
        self.latencies_ms: list[float] = []

    def run(self, caller: int) -> None:
        """Be one of the callers."""
        login = self._logins[caller % len(self._logins)]
        while not self._stop.is_set():
            begun = time.perf_counter()
            status, wait_s = sign_in_once(self._site.http_port, login, self._site.password)
            with self._lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == OK:
                    self.latencies_ms.append((time.perf_counter() - begun) * 1000)
            if wait_s:
                self._stop.wait(wait_s)

    def stop(self) -> None:
        """Let every caller end after what it does."""
        self._stop.set()


def summarise(latencies_ms: list[float]) -> dict[str, float]:
    """Return how many there were, the median, the 99th percentile and the greatest."""
    ordered = sorted(latencies_ms)
    if not ordered:
        return {"count": 0}
    return {
        "count": len(ordered),
        "p50_ms": round(statistics.median(ordered), 2),
        "p99_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2),
        "max_ms": round(ordered[-1], 2),
    }


async def deliver(site: "Site", seconds: float) -> list[float]:
    """Send messages from one person to another for so long; return what each took, in ms."""
    from apps.client import ImClient
    from apps.wire.frames import EventView

    sender_login, receiver_login = site.logins["historians"]
    ws_url = f"ws://127.0.0.1:{site.ws_port}/ws/v1"
    latencies_ms: list[float] = []
    async with (
        ImClient(site.url, ws_url, sender_login, site.password) as sender,
        ImClient(site.url, ws_url, receiver_login, site.password) as receiver,
    ):
        room = (await sender.conversations())[0].state.conversation
        count = int(seconds / EVERY_S)

        async def take() -> None:
            async for event in receiver.events():
                text = bytes(event.body).decode() if isinstance(event, EventView) else ""
                if "sent at " in text:
                    at = float(text.partition("sent at ")[2].partition(" ")[0])
                    latencies_ms.append((time.perf_counter() - at) * 1000)
                if len(latencies_ms) >= count:
                    return

        async with asyncio.timeout(seconds * 10 + 60), asyncio.TaskGroup() as tasks:
            tasks.create_task(take())
            for _ in range(count):
                await sender.send_text(room, f"sent at {time.perf_counter()} seconds")
                await asyncio.sleep(EVERY_S)
    return latencies_ms


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run everything once."""
    import django

    django.setup()
    from tests.webclient.browser.site import Site

    class ArgonSite(Site):
        """The node of the browser tests, with password hashes as dear as in production."""

        def _environment(self) -> dict[str, str]:
            return {**super()._environment(), "DJANGO_SETTINGS_MODULE": "benchmarks._argonsettings"}

    with tempfile.TemporaryDirectory(prefix="imsite-bench-") as folder:
        site = ArgonSite(Path(folder), "bench")
        try:
            site.prepare()
            quiet = asyncio.run(deliver(site, arguments.seconds))
            flood = Flood(site, site.logins["people"])
            with ThreadPoolExecutor(arguments.callers) as callers:
                begun = time.perf_counter()
                for caller in range(arguments.callers):
                    callers.submit(flood.run, caller)
                beside = asyncio.run(deliver(site, arguments.seconds))
                flood.stop()
            lasted_s = time.perf_counter() - begun
        finally:
            site.close()
    delivery = summarise(beside)
    return {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "callers": arguments.callers,
        "sign_ins_per_s": round(flood.statuses.get(OK, 0) / lasted_s, 2),
        "sign_in": summarise(flood.latencies_ms),
        "refused_in_the_rush": flood.statuses.get(BUSY, 0),
        "other_answers": sum(count for status, count in flood.statuses.items() if status not in {OK, BUSY}),
        "delivery_alone": summarise(quiet),
        "delivery_beside": delivery,
        "target": {"needs_p99_ms": TARGET_P99_MS, "met": delivery.get("p99_ms", TARGET_P99_MS + 1) <= TARGET_P99_MS},
    }


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--json", action="store_true", help="print JSON on one line")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "passwords.json")
    arguments = parser.parse_args()
    result = measure(arguments)
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=2))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
