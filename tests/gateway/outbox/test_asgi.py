"""The outbox over a server's `send`; what any outbox does is in `test_queue`."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from apps.gateway.outbox import AsgiOutbox
from apps.gateway.texts import SharedText
from tests.gateway.outbox.peers import BOUNDS, AsgiPeer, settle


async def test_one_frame_at_a_time_is_handed_to_the_server() -> None:
    peer = AsgiPeer()
    outbox = peer.outbox()
    peer.stop_reading()

    for text in ("one", "two"):
        outbox.put_text(text)
    await settle()

    assert peer.waiting == 1
    await outbox.abandon()


async def test_no_task_remains_once_everything_is_sent() -> None:
    peer = AsgiPeer()
    tasks = len(asyncio.all_tasks())
    outbox = peer.outbox()
    peer.stop_reading()
    outbox.put_text("one")
    await settle()
    during = len(asyncio.all_tasks())

    await peer.read_on()

    assert (during, len(asyncio.all_tasks())) == (tasks + 1, tasks)


async def test_pouring_is_the_writers_matter() -> None:
    peer = AsgiPeer()
    outbox = peer.outbox()
    peer.stop_reading()
    outbox.put_text("one")
    outbox.put_text("two")

    poured = outbox.pour()

    assert (poured, outbox.waiting_bytes) == (False, 3)
    await outbox.abandon()


async def test_cutting_off_is_the_consumers_matter() -> None:
    peer = AsgiPeer()

    peer.outbox().cut()

    assert peer.cuts == 1


@pytest.mark.parametrize("reads", [True, False])
async def test_a_server_that_fails_to_send_ends_it_quietly(reads: bool) -> None:
    peer = AsgiPeer()
    if not reads:
        peer.stop_reading()
    calls = []

    async def fail(event: dict[str, Any]) -> None:
        calls.append(event)
        await peer.gate.wait()
        raise ConnectionResetError("gone")

    outbox = AsgiOutbox(fail, bounds=BOUNDS, cut=peer.note_cut)
    outbox.put_text("one")
    outbox.put_text("two")
    await peer.read_on()
    outbox.put_text("three")

    assert [call["text"] for call in calls] == ["one"]


async def test_abandoning_ends_the_writer_and_tells_the_server() -> None:
    ended = []

    async def wait_for_ever(event: dict[str, Any]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(event["text"])
            raise

    tasks = len(asyncio.all_tasks())
    outbox = AsgiOutbox(wait_for_ever, bounds=BOUNDS, cut=print)
    outbox.put_text("one")
    outbox.put_text("two")
    await settle()

    await outbox.abandon()

    assert ended == ["one"]
    assert len(asyncio.all_tasks()) == tasks


async def test_a_send_that_is_no_coroutine_works_too() -> None:
    sent = []

    def send(event: dict[str, Any]) -> Awaitable[None]:
        sent.append(event["text"])
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    AsgiOutbox(send, bounds=BOUNDS, cut=print).put_text("one")

    assert sent == ["one"]


async def test_a_text_for_many_is_a_plain_one_to_the_server() -> None:
    sent: list[object] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event["text"])

    AsgiOutbox(send, bounds=BOUNDS, cut=print).put_text(SharedText("one"))

    assert sent == ["one"]
    assert type(sent[0]) is str


async def test_nobody_has_to_be_told_of_a_peer_that_caught_up() -> None:
    peer = AsgiPeer()
    outbox = peer.outbox()
    outbox.on_drained = None
    peer.stop_reading()
    for _ in range(5):
        outbox.put_text("x" * 30)

    await peer.read_on()

    assert (outbox.congested, peer.drained) == (False, 0)
