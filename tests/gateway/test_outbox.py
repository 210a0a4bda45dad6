"""The outbox: order, no task while the peer keeps up, bounds while it does not."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from apps.gateway.outbox import Bounds, Outbox

BOUNDS = Bounds(congested_bytes=100, relaxed_bytes=20, limit_bytes=1000, limit_frames=50)


class Peer:
    """A server's `send` whose peer reads only when told to."""

    def __init__(self, *, reads: bool = True) -> None:
        self.sent: list[str] = []
        self.gate = asyncio.Event()
        self.drained = 0
        self.waiting = 0
        if reads:
            self.gate.set()

    async def send(self, event: dict[str, Any]) -> None:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        self.sent.append(event.get("text") or f"close {event['code']} {event['reason']}")

    def outbox(self, bounds: Bounds = BOUNDS) -> Outbox:
        return Outbox(self.send, on_drained=self.note_drained, bounds=bounds)

    def note_drained(self) -> None:
        self.drained += 1


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_frame_is_sent_before_put_returns_and_without_a_task() -> None:
    peer = Peer()
    tasks = len(asyncio.all_tasks())

    peer.outbox().put_text("one")

    assert peer.sent == ["one"]
    assert len(asyncio.all_tasks()) == tasks


async def test_frames_keep_their_order_across_waiting() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()

    for text in ("one", "two", "three"):
        outbox.put_text(text)
    before = list(peer.sent)
    peer.gate.set()
    await settle()
    outbox.put_text("four")

    assert before == []
    assert peer.sent == ["one", "two", "three", "four"]


async def test_one_frame_at_a_time_is_handed_to_the_server() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()

    for text in ("one", "two"):
        outbox.put_text(text)
    await settle()

    assert peer.waiting == 1
    await outbox.abandon()


async def test_no_task_remains_once_everything_is_sent() -> None:
    peer = Peer(reads=False)
    tasks = len(asyncio.all_tasks())
    outbox = peer.outbox()
    outbox.put_text("one")
    await settle()
    during = len(asyncio.all_tasks())

    peer.gate.set()
    await settle()

    assert (during, len(asyncio.all_tasks())) == (tasks + 1, tasks)


async def test_a_slow_peer_is_noticed_and_told_once_it_has_caught_up() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()
    states = []
    for _ in range(5):
        outbox.put_text("x" * 30)
        states.append(outbox.congested)

    peer.gate.set()
    await settle()

    assert states == [False, False, False, False, True]
    assert (outbox.congested, peer.drained) == (False, 1)


@pytest.mark.parametrize("bounds", [Bounds(limit_bytes=50), Bounds(limit_frames=2)])
async def test_at_a_bound_there_is_no_room(bounds: Bounds) -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox(bounds)
    rooms = []
    for _ in range(3):
        outbox.put_text("x" * 25)
        rooms.append(outbox.has_room)

    outbox.clear()

    assert rooms == [True, True, False]
    assert outbox.has_room
    await outbox.abandon()


async def test_closing_follows_what_was_sent_before_and_nothing_follows_it() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()

    outbox.put_text("one")
    outbox.put_close(4408, "idle")
    outbox.put_text("too late")
    peer.gate.set()
    await settle()
    outbox.put_text("later still")

    assert peer.sent == ["one", "close 4408 idle"]


async def test_closing_at_once_ends_it_too() -> None:
    peer = Peer()
    outbox = peer.outbox()

    outbox.put_close(1012, "restart")
    outbox.put_text("too late")

    assert peer.sent == ["close 1012 restart"]


@pytest.mark.parametrize("reads", [True, False])
async def test_a_server_that_fails_to_send_ends_it_quietly(reads: bool) -> None:
    peer = Peer(reads=reads)
    calls = []

    async def fail(event: dict[str, Any]) -> None:
        calls.append(event)
        await peer.gate.wait()
        raise ConnectionResetError("gone")

    outbox = Outbox(fail, on_drained=peer.note_drained, bounds=BOUNDS)
    outbox.put_text("one")
    outbox.put_text("two")
    peer.gate.set()
    await settle()
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
    outbox = Outbox(wait_for_ever, on_drained=print, bounds=BOUNDS)
    outbox.put_text("one")
    outbox.put_text("two")
    await settle()

    await outbox.abandon()

    assert ended == ["one"]
    assert len(asyncio.all_tasks()) == tasks


async def test_a_frame_that_waits_too_long_is_stuck() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()
    now = asyncio.get_running_loop().time()
    idle = outbox.is_stuck(now + 1000)

    outbox.put_text("one")

    assert not idle
    assert not outbox.is_stuck(now + 29)
    assert outbox.is_stuck(now + 31)
    await outbox.abandon()


async def test_a_send_that_is_no_coroutine_works_too() -> None:
    sent = []

    def send(event: dict[str, Any]) -> Awaitable[None]:
        sent.append(event["text"])
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    Outbox(send, on_drained=print, bounds=BOUNDS).put_text("one")

    assert sent == ["one"]


async def test_who_waits_for_the_peer_goes_on_once_it_has_caught_up() -> None:
    peer = Peer(reads=False)
    outbox = peer.outbox()
    await outbox.caught_up()
    for _ in range(5):
        outbox.put_text("x" * 40)
    waiting = asyncio.create_task(outbox.caught_up())
    await settle()
    before = waiting.done()

    peer.gate.set()
    await settle()

    assert (before, waiting.done()) == (False, True)


@pytest.mark.parametrize("end", ["close", "abandon"])
async def test_who_waits_for_the_peer_goes_on_when_nothing_more_can_be_sent(end: str) -> None:
    outbox = Peer(reads=False).outbox()
    for _ in range(5):
        outbox.put_text("x" * 40)
    waiting = asyncio.create_task(outbox.caught_up())
    await settle()

    if end == "close":
        outbox.put_close(4408, "idle")
    else:
        await outbox.abandon()
    await settle()

    assert waiting.done()
    await outbox.caught_up()
    await outbox.abandon()
