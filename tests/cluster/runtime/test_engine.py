"""One node's engine in the loop of the test: starts, does things in order, and stops for good when it has to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import Completed, Identity, Persist, SaveIdentity, Stop, ViewChanged
from apps.cluster.core.state import AcquireLease
from apps.cluster.runtime import engine as module
from apps.cluster.runtime.board import Board
from apps.cluster.runtime.config import ClusterConfig
from apps.cluster.runtime.disk import Disk, StorageFailed
from apps.cluster.runtime.engine import Engine, Outcome
from apps.cluster.runtime.files import FolderInUse
from apps.cluster.runtime.packets import PacketPort
from tests.cluster.live import config, until


class FailingDisk(Disk):
    """The real one until it is told to fail."""

    error: OSError | None = None
    writes = 0

    def append(self, path: Path, data: bytes, *, at: int) -> None:
        self.writes += 1
        if self.error is not None:
            raise self.error
        super().append(path, data, at=at)


class Run:
    """An engine, its disk, and how it ended."""

    def __init__(self, told: ClusterConfig) -> None:
        self.disk = FailingDisk()
        self.ends: list[tuple[str, str]] = []
        self.board = Board()
        self.engine = Engine(told, self.board, self.answer, lambda *end: self.ends.append(end), self.disk)

    async def answer(self, frame: bytes) -> bytes:
        return frame

    def acquire(self, key: str, ttl_ms: int = 60_000) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        node = self.engine.machine.identity.node
        command = AcquireLease(key, node, ttl_ms, 7)
        self.engine.ask(lambda now_ms: self.engine.machine.propose(command, now_ms), future)
        return future


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    made = Run(config(tmp_path, "n"))
    await made.engine.start()
    await until(lambda: made.board.serving_until_ms)
    yield made
    await made.engine.stop()


async def test_a_node_alone_decides_and_shows_it(run: Run) -> None:
    code, lease = await asyncio.wrap_future(run.acquire("job"))

    view = run.board.view
    assert view is not None
    assert (code, lease.key, view.leases) == ("", "job", 1)
    assert view.index >= lease.token
    assert run.ends == []


async def test_a_refusal_has_its_code_and_nonsense_is_invalid(run: Run) -> None:
    await asyncio.wrap_future(run.acquire("job"))
    held: Future[Outcome] = Future()
    other = AcquireLease("job", NodeId(5), 1_000, 8)
    run.engine.ask(lambda now_ms: run.engine.machine.propose(other, now_ms), held)

    refused = await asyncio.wrap_future(held)
    nonsense = await asyncio.wrap_future(run.acquire("", -1))

    assert refused == ("lease_held", None)
    assert nonsense[0] == "invalid"
    assert run.ends == []


async def test_everything_of_one_turn_is_written_once(run: Run) -> None:
    before = run.disk.writes

    asked = [run.acquire(f"job {number}") for number in range(100)]
    outcomes = await asyncio.gather(*map(asyncio.wrap_future, asked))

    assert {code for code, _ in outcomes} == {""}
    assert run.disk.writes - before <= 5


async def test_what_was_decided_is_there_after_a_restart(run: Run, tmp_path: Path) -> None:
    await asyncio.wrap_future(run.acquire("job"))
    identity = run.engine.machine.identity
    await run.engine.stop()

    again = Run(config(tmp_path, "n"))
    await again.engine.start()
    await until(lambda: again.board.view is not None and again.board.view.leases)
    reborn = again.engine.machine.identity
    await again.engine.stop()

    assert reborn == msgspec.structs.replace(identity, boot=2)


@pytest.mark.parametrize(("number", "reason"), [(28, "No space left on device"), (5, "Input/output error")])
async def test_a_disk_that_fails_stops_the_node_once_and_for_good(run: Run, number: int, reason: str) -> None:
    run.disk.error = OSError(number, reason)

    outcomes = [await asyncio.wrap_future(run.acquire("job")) for _ in range(2)]

    assert outcomes == [("stopped", None)] * 2
    assert [code for code, _ in run.ends] == ["storage"]
    assert reason in run.ends[0][1]
    assert run.board.serving_until_ms == 0


async def test_a_defect_stops_the_node_and_is_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: int) -> None:
        raise AssertionError("a promise was broken")

    run.engine.run(fail)
    run.engine.run(fail)

    assert run.ends == [("defect", "AssertionError: a promise was broken")]
    assert any(record.exc_info for record in caplog.records)


async def test_a_defect_in_doing_stops_the_node_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[Any]:
        raise KeyError("effect")

    monkeypatch.setattr(run.engine.machine, "take", fail)
    run.engine.run(lambda _: None)

    await until(lambda: run.ends)
    assert run.ends[0][0] == "defect"


async def test_nothing_happens_before_the_start_and_after_the_end(run: Run) -> None:
    await run.engine.stop()
    happened: list[int] = []

    run.engine.run(happened.append)

    assert happened == []
    assert run.acquire("job").result() == ("stopped", None)


async def test_waiting_callers_are_told_when_the_node_ends(run: Run) -> None:
    future = run.acquire("job")

    await run.engine.stop()

    assert future.result(0)[0] in {"", "stopped"}


async def test_a_stop_of_the_machine_is_passed_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.engine.machine, "take", lambda: [Stop("removed", "this node was removed")])

    run.engine.run(lambda _: None)
    await until(lambda: run.ends)

    assert run.ends == [("removed", "this node was removed")]


async def test_a_folder_in_use_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse):
        await Run(config(tmp_path, "n")).engine.start()


async def test_a_port_in_use_leaves_nothing_open(run: Run, tmp_path: Path) -> None:
    other = Run(config(tmp_path, "m", port=run.engine.address[1]))

    with pytest.raises(OSError, match="in use"):
        await other.engine.start()
    free = Run(config(tmp_path, "m"))
    await free.engine.start()
    await free.engine.stop()

    assert free.ends == []


async def test_a_port_free_for_tcp_only_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = PacketPort.start
    refused: list[int] = []

    async def refuse_first(port: Any, host: str, number: int) -> None:
        if not refused:
            refused.append(number)
            raise OSError(98, "Address already in use")
        await start(port, host, number)

    monkeypatch.setattr(PacketPort, "start", refuse_first)
    run = Run(config(tmp_path, "n"))
    await run.engine.start()
    port = run.engine.address[1]
    await run.engine.stop()

    assert refused
    with socket.socket() as connection:
        connection.bind(("127.0.0.1", port))


async def test_a_damaged_log_keeps_the_node_from_starting(run: Run, tmp_path: Path) -> None:
    await asyncio.wrap_future(run.acquire("job"))
    await asyncio.wrap_future(run.acquire("other"))
    await run.engine.stop()
    path = max((tmp_path / "n" / "log").glob("*.log"))
    data = path.read_bytes()
    path.write_bytes(data[:30] + b"x" + data[31:])

    with pytest.raises(StorageFailed, match="is damaged"):
        await Run(config(tmp_path, "n")).engine.start()


def test_writes_never_pass_an_identity() -> None:
    first, second = Persist(None, None, ()), Persist(None, None, ())
    saved = SaveIdentity(Identity(NodeId(1), 1, "n"), None)
    shown, done = ViewChanged(None), Completed(1, None)  # type: ignore[arg-type]

    assert module._stages([first, shown, saved, second, done]) == [[first, shown, saved], [second, done]]
