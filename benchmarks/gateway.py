"""End to end on real servers: a message is sent, acknowledged after its commit, and received by the other person.

    python benchmarks/gateway.py [--servers im uvicorn daphne] [--pairs 200] [--seconds 8] [--profile]

Starts one node per server kind, each a process of its own, on one fresh database (in DATABASE_URL's server, or an
embedded one at default durability), and signs in pairs of people with a direct conversation each. Light load: a fixed
rate, spread over the pairs. Saturation: every sender sends again as soon as it has its ack. Receivers acknowledge
cumulatively every 200 ms, as clients do. On a machine that does other work too, the node's CPU per message says more
than its rate. `--profile` runs the node under cProfile and prints where its time went.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import platform
import pstats
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "imsite.settings.prod"

from apps.wire.ids import TerminalId, UserId, make_message_id  # noqa: E402 - after the path is set
from benchmarks._database import database_server, fresh_database  # noqa: E402
from benchmarks._wsclient import WsClient  # noqa: E402

TEXT = "x" * 189
HOST, HTTP_PORT, WS_PORT = "127.0.0.1", 18390, 18391
ACK_EVERY_S = 0.2
START_TIMEOUT_S, SETTLE_S = 60.0, 1.0


@dataclass
class Person:
    """One signed-in user of the benchmark, and what she saw."""

    user_id: UUID
    token: str
    conversation: UUID
    terminal: UUID = field(default_factory=uuid4)
    socket: WsClient | None = None
    welcomed: asyncio.Event = field(default_factory=asyncio.Event)
    refused: list[str] = field(default_factory=list)
    highest_seq: int = 0
    acknowledged_seq: int = 0


class Measurement:
    """Times of one phase: sends by id, and what became of them."""

    def __init__(self) -> None:
        self.sent_at: dict[str, float] = {}
        self.acks_ms: list[float] = []
        self.deliveries_ms: list[float] = []

    def summary(self, seconds: float) -> dict[str, Any]:
        """Rates and percentiles."""
        return {
            "sent": len(self.sent_at),
            "acked": len(self.acks_ms),
            "delivered": len(self.deliveries_ms),
            "messages_per_s": round(len(self.deliveries_ms) / seconds, 1),
            "ack_ms": percentiles(self.acks_ms),
            "delivery_ms": percentiles(self.deliveries_ms),
        }


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p99 and the highest."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2),
        "max": round(ordered[-1], 2),
    }


class Pair:
    """A sender and a receiver."""

    def __init__(self, sender: Person, receiver: Person) -> None:
        self.sender = sender
        self.receiver = receiver
        self.measurement = Measurement()
        self.again = False

    def send(self) -> None:
        """Send one message now."""
        person = self.sender
        message_id = make_message_id(
            UserId(person.user_id),
            TerminalId(person.terminal),
            time_ms=time.time_ns() // 1_000_000,
            random=secrets.token_bytes(9),
        ).to_text()
        frame = {
            "op": "send",
            "id": message_id,
            "conversation": str(person.conversation),
            "kind": "text",
            "body": {"text": TEXT},
        }
        assert person.socket is not None
        self.measurement.sent_at[message_id] = time.perf_counter()
        person.socket.send(json.dumps(frame).encode())

    def take(self, person: Person, data: bytes) -> None:
        """Take a frame that arrived at one of the two."""
        now = time.perf_counter()
        frame = json.loads(data)
        match frame["op"]:
            case "ack":
                self._note(self.measurement.acks_ms, frame["id"], now)
                if self.again:
                    self.send()
            case "event":
                person.highest_seq = max(person.highest_seq, frame["seq"])
                self._note(self.measurement.deliveries_ms, frame["id"], now)
            case "welcome":
                person.welcomed.set()
            case "error" | "closing" | "changed":
                person.refused.append(data.decode())

    def _note(self, into: list[float], message_id: str, now: float) -> None:
        sent_at = self.measurement.sent_at.get(message_id)
        if sent_at is not None:
            into.append((now - sent_at) * 1000)


async def connect(person: Person, pair: Pair) -> None:
    """Open a socket and sign in."""
    person.welcomed = asyncio.Event()
    person.refused.clear()
    person.socket = WsClient(lambda data: pair.take(person, data))
    await person.socket.connect(HOST, WS_PORT, "/ws/v1")
    frame = {"op": "sign_in", "token": person.token, "terminal": str(person.terminal), "platform": "bot"}
    person.socket.send(json.dumps(frame).encode())
    await asyncio.wait_for(person.welcomed.wait(), 30)


async def acknowledge_for_ever(people: list[Person]) -> None:
    """Acknowledge what has arrived, cumulatively; heartbeats are not needed then."""
    while True:
        await asyncio.sleep(ACK_EVERY_S)
        for person in people:
            if person.highest_seq > person.acknowledged_seq and person.socket is not None:
                person.acknowledged_seq = person.highest_seq
                frame = {"op": "received", "conversation": str(person.conversation), "seq": person.highest_seq}
                person.socket.send(json.dumps(frame).encode())


async def run_light(pairs: list[Pair], seconds: float, rate: float) -> None:
    """Send at a fixed rate whatever comes back."""
    start = time.perf_counter()
    for number in range(int(seconds * rate)):
        pause = start + number / rate - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        pairs[number % len(pairs)].send()


async def run_saturated(pairs: list[Pair], seconds: float) -> None:
    """Keep one message of every sender on its way."""
    for pair in pairs:
        pair.again = True
        pair.send()
    await asyncio.sleep(seconds)
    for pair in pairs:
        pair.again = False


async def measured(pairs: list[Pair], node: psutil.Process, phase: Any) -> dict[str, Any]:
    """Run a phase, let the last answers come in, and sum up."""
    merged = Measurement()
    for pair in pairs:
        pair.measurement = merged
    gc.collect()
    own = psutil.Process()
    before, started = (node.cpu_times(), own.cpu_times()), time.perf_counter()
    await phase
    seconds = time.perf_counter() - started
    cpu = [
        round((now.user + now.system - then.user - then.system) / seconds, 2)
        for now, then in zip((node.cpu_times(), own.cpu_times()), before, strict=True)
    ]
    await asyncio.sleep(SETTLE_S)
    summary = merged.summary(seconds)
    per_message = round(1000 * cpu[0] * seconds / max(1, summary["delivered"]), 3)
    return summary | {
        "seconds": round(seconds, 2),
        "node_cpu": cpu[0],
        "client_cpu": cpu[1],
        "node_cpu_ms_per_message": per_message,
        "load_average": round(os.getloadavg()[0], 1),
    }


async def measure_node(
    people: list[tuple[Person, Person]], node: psutil.Process, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Sign everybody in, then both phases."""
    pairs = [Pair(sender, receiver) for sender, receiver in people]
    everybody = [(person, pair) for pair in pairs for person in (pair.sender, pair.receiver)]
    await connect(*everybody[0])  # the first connection pays for what is made lazily
    rss_kb, started, cpu = node.memory_info().rss / 1024, time.perf_counter(), node.cpu_times()
    gate = asyncio.Semaphore(20)

    async def sign_in(person: Person, pair: Pair) -> None:
        async with gate:
            await connect(person, pair)

    await asyncio.gather(*(sign_in(person, pair) for person, pair in everybody[1:]))
    seconds, used = time.perf_counter() - started, node.cpu_times()
    cpu_s = used.user + used.system - cpu.user - cpu.system
    result: dict[str, Any] = {
        "sessions": len(everybody),
        "sign_ins_per_s": round((len(everybody) - 1) / seconds, 1),
        "node_cpu_ms_per_sign_in": round(1000 * cpu_s / (len(everybody) - 1), 2),
        "rss_kb_per_session": round((node.memory_info().rss / 1024 - rss_kb) / (len(everybody) - 1), 1),
    }
    background = [asyncio.create_task(acknowledge_for_ever([person for person, _ in everybody]))]
    await measured(pairs, node, run_light(pairs, 2.0, arguments.rate))  # warm-up
    result["light"] = await measured(pairs, node, run_light(pairs, arguments.seconds, arguments.rate))
    result["light"]["rate"] = arguments.rate
    result["saturated"] = await measured(pairs, node, run_saturated(pairs, arguments.seconds))
    result["refusals"] = [text for person, _ in everybody for text in person.refused][:5]
    background[0].cancel()
    await asyncio.wait(background)
    for person, _ in everybody:
        assert person.socket is not None
        person.socket.close()
    return result


@contextlib.contextmanager
def node_process(server: str, data_dir: Path, profile: Path | None) -> Iterator[psutil.Process]:
    """A `manage.py node` that answers; stopped as an operator would."""
    command = [sys.executable, *(["-m", "cProfile", "-o", str(profile)] if profile else []), "manage.py", "node"]
    environment = dict(
        os.environ,
        IM_DATA_DIR=str(data_dir),
        IM_HTTP_PORT=str(HTTP_PORT),
        IM_WS_PORT=str(WS_PORT),
        IM_VENV="none",
        IM_NODE_PROCESSES="1",
    )
    process = subprocess.Popen([*command, "--server", server], cwd=ROOT, env=environment)
    try:
        await_health(process)
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def await_health(process: subprocess.Popen[bytes]) -> None:
    """Return once the node answers; fail when it ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the node ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{HTTP_PORT}/healthz") as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("the node does not answer")


def make_people(pairs: int) -> list[tuple[Person, Person]]:
    """A company of people, a token for each, and a direct conversation for each pair."""
    from datetime import timedelta

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model, get_application_model, set_token_value

    from apps.accounts.models import User
    from apps.accounts.services import ensure_applications
    from apps.common.clock import now_ms
    from apps.messaging.services.conversations import start_direct
    from apps.tenants.services import create_tenant

    ensure_applications()
    application = get_application_model().objects.get(client_id="imsite-cli")
    tenant = create_tenant(slug="bench", name="Bench")
    unusable = make_password(None)
    names = [f"person{number}" for number in range(2 * pairs)]
    users = [
        User(tenant=tenant, username=name, login=f"{name}@bench", display_name=name, password=unusable)
        for name in names
    ]
    User.objects.for_tenant(tenant.id).bulk_create(users)

    def token_for(user: User) -> str:
        token = secrets.token_urlsafe(24)
        expires = timezone.now() + timedelta(hours=2)
        row = get_access_token_model()(user=user, application=application, expires=expires, scope="im")
        set_token_value(row, token)
        row.save()
        return token

    def make_pair(one: User, other: User) -> tuple[Person, Person]:
        conversation, _ = start_direct(one, other_id=other.id, now_ms=now_ms())
        return (
            Person(one.id, token_for(one), conversation.pk),
            Person(other.id, token_for(other), conversation.pk),
        )

    return [make_pair(one, other) for one, other in zip(users[::2], users[1::2], strict=True)]


def print_profile(path: Path) -> None:
    """Where the node's time went."""
    pstats.Stats(str(path)).sort_stats("tottime").print_stats(28)


def print_result(server: str, result: dict[str, Any]) -> None:
    """One line per phase."""
    print(
        f"{server}: {result['sessions']} sessions, {result['sign_ins_per_s']} sign-ins/s "
        f"({result['node_cpu_ms_per_sign_in']} ms CPU each), "
        f"{result['rss_kb_per_session']} KB per session"
    )
    for phase in ("light", "saturated"):
        row = result[phase]
        print(
            f"  {phase:<10} {row['messages_per_s']:>8} messages/s   ack p50/p99 {row['ack_ms']['p50']}/"
            f"{row['ack_ms']['p99']} ms   delivery p50/p99 {row['delivery_ms']['p50']}/{row['delivery_ms']['p99']} ms"
            f"   CPU node {row['node_cpu']} ({row['node_cpu_ms_per_message']} ms per message), "
            f"client {row['client_cpu']}   load {row['load_average']}"
        )


def main() -> None:
    """Parse, measure every server, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--servers", nargs="+", default=["im", "uvicorn", "daphne"], choices=["im", "uvicorn", "daphne"]
    )
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rate", type=float, default=200.0, help="messages per second of the light load")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "gateway.json")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version[:6]}"}
    with tempfile.TemporaryDirectory() as folder, database_server() as server_url:
        profile = Path(folder) / "profile" if arguments.profile else None
        with fresh_database(server_url, "imsite_bench_gateway"):
            people = make_people(arguments.pairs)
            for server in arguments.servers:
                with node_process(server, Path(folder), profile) as node:
                    results[server] = uvloop.run(measure_node(people, node, arguments))
                print_result(server, results[server])
                if profile:
                    print_profile(profile)
    if not profile:
        arguments.output.parent.mkdir(exist_ok=True)
        arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
