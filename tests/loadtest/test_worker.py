"""One process of a load test, driven here in a thread's pipe."""

import asyncio
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path

import pytest

from apps.loadtest import orders, worker
from tests.loadtest.fake_server import serving
from tests.loadtest.wires import PEOPLE, eventually, plan


async def words_for(*given: orders.Orders, hang_up: bool = False) -> Sequence[orders.Words]:
    """Serve these orders and return everything that was said. `hang_up`: the other end dies meanwhile."""
    read_end, write_end = os.pipe()
    output = io.BytesIO()
    with FileIO(read_end, "rb") as source:
        with FileIO(write_end, "wb") as sink:
            sink.write(b"".join(orders.packed(order) for order in given))
            async with asyncio.timeout(20):
                serving_orders = asyncio.create_task(worker.serve(source, output))
                if hang_up:
                    await eventually(output.getvalue)
                    sink.close()
                await serving_orders
        _join_reader()
    return list(said(output.getvalue()))


def said(data: bytes) -> Sequence[orders.Words]:
    words = []
    while data:
        (size,) = orders.LENGTH.unpack(data[:4])
        words.append(orders.read_word(data[4 : 4 + size]))
        data = data[4 + size :]
    return words


async def test_it_carries_out_a_whole_run() -> None:
    async with serving(PEOPLE) as server:
        words = await words_for(
            orders.Begin(plan(urls=[server.url])),
            orders.Connect(5),
            orders.Probe(5),
            orders.Talk(20, "measure"),
            orders.Disturb("stop_reading", 0.5, 0.01),
            orders.Disturb("drop", 0.5, 0),
            orders.Talk(0, "settle"),
            orders.Quiet(5),
            orders.Settle(5),
            orders.Close(),
        )

    kinds = [type(word).__name__ for word in words if not isinstance(word, orders.Snapshot)]
    snapshots = [word for word in words if isinstance(word, orders.Snapshot)]
    assert kinds == ["Done"] * 8 + ["Findings", "Done"]
    assert max(snapshot.open for snapshot in snapshots) == 8
    assert {"connect", "settle"} <= {snapshot.phase for snapshot in snapshots}


async def test_who_cannot_be_connected_is_not_waited_for_for_ever() -> None:
    words = await words_for(orders.Begin(plan(urls=["ws://127.0.0.1:1/"])), orders.Connect(0.1), orders.Close())

    assert isinstance(words[-1], orders.Done)


async def test_a_failure_is_told() -> None:
    words = await words_for(orders.Close())

    assert isinstance(words[-1], orders.Failed)
    assert "the first order is the plan" in words[-1].reason


async def test_it_ends_with_its_input_whatever_it_was_doing() -> None:
    patient = orders.Connect(patience_s=3600)

    words = await words_for(orders.Begin(plan(urls=["ws://127.0.0.1:1/"])), patient, hang_up=True)

    assert [type(word) for word in words[:2]] == [orders.Done, orders.Snapshot]


def test_an_order_that_is_cut_off_is_the_end() -> None:
    assert worker._read_order(FileIO(_pipe_with(b"\0\0\0\x09half"))) == b""


def _pipe_with(data: bytes) -> int:
    read_end, write_end = os.pipe()
    os.write(write_end, data)
    os.close(write_end)
    return read_end


@pytest.fixture
def process_settings() -> Iterator[None]:
    """What the program sets for its whole process is set back."""
    thresholds, handler = gc.get_threshold(), signal.getsignal(signal.SIGINT)
    yield
    gc.set_threshold(*thresholds)
    signal.signal(signal.SIGINT, handler)


@pytest.mark.parametrize("fast", [True, False], ids=["uvloop", "asyncio"])
def test_the_program_speaks_only_words(
    fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process_settings: None
) -> None:
    if not fast:
        monkeypatch.setitem(sys.modules, "uvloop", None)
    read_end, write_end = os.pipe()
    os.write(write_end, orders.packed(orders.Begin(plan())) + orders.packed(orders.Close()))
    said_to = tmp_path / "words"

    with os.fdopen(read_end) as source, said_to.open("w") as output:
        monkeypatch.setattr(sys, "stdin", source)
        monkeypatch.setattr(sys, "stdout", output)
        worker.main()
        os.close(write_end)
        _join_reader()

    words = said(said_to.read_bytes())
    assert isinstance(words[0], orders.Done)
    assert isinstance(words[-1], orders.Done)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def _join_reader() -> None:
    for thread in threading.enumerate():
        if thread.name == worker.READER:
            thread.join(10)  # it reads what is closed next
