"""Any outbox: order, nothing held while the peer keeps up, bounds while it does not."""

import asyncio
from collections.abc import Callable

import pytest

from apps.gateway.outbox import Bounds
from tests.gateway.outbox.peers import AsgiPeer, Peer, SocketPeer, settle


@pytest.fixture(params=[AsgiPeer, SocketPeer], ids=["asgi", "detached"])
async def peer(request: pytest.FixtureRequest) -> Peer:
    make: Callable[[], Peer] = request.param
    return make()


async def test_a_frame_is_sent_before_put_returns_and_without_a_task(peer: Peer) -> None:
    tasks = len(asyncio.all_tasks())

    peer.outbox().put_text("one")

    assert peer.sent == ["one"]
    assert len(asyncio.all_tasks()) == tasks


async def test_frames_keep_their_order_across_waiting(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()

    for text in ("one", "two", "three"):
        outbox.put_text(text)
    before = list(peer.sent)
    await peer.read_on()
    outbox.put_text("four")

    assert before == []
    assert peer.sent == ["one", "two", "three", "four"]


async def test_what_waits_is_counted_and_forgotten_once_it_is_sent(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    for text in ("one", "four", "five"):
        outbox.put_text(text)
    waiting = (outbox.is_waiting, outbox.waiting_bytes)

    await peer.read_on()

    assert waiting == (True, 8)
    assert (outbox.is_waiting, outbox.waiting_bytes) == (False, 0)


async def test_a_slow_peer_is_noticed_and_told_once_it_has_caught_up(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    states = []
    for _ in range(5):
        outbox.put_text("x" * 30)
        states.append(outbox.congested)

    await peer.read_on()

    assert states == [False, False, False, False, True]
    assert (outbox.congested, peer.drained) == (False, 1)


async def test_a_peer_that_never_was_slow_is_told_nothing(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    outbox.put_text("one")
    outbox.put_text("two")

    await peer.read_on()

    assert peer.drained == 0


@pytest.mark.parametrize("bounds", [Bounds(limit_bytes=50), Bounds(limit_frames=2)])
async def test_at_a_bound_there_is_no_room(peer: Peer, bounds: Bounds) -> None:
    outbox = peer.outbox(bounds)
    peer.stop_reading()
    rooms = []
    for _ in range(3):
        outbox.put_text("x" * 25)
        rooms.append(outbox.has_room)

    outbox.clear()

    assert rooms == [True, True, False]
    assert outbox.has_room
    await outbox.abandon()


async def test_what_was_dropped_is_not_sent_but_a_last_word_is(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    for text in ("one", "two", "three"):
        outbox.put_text(text)

    outbox.clear()
    outbox.put_text("goodbye")
    outbox.put_close(4413, "slow_reader")
    await peer.read_on()

    assert peer.sent == ["one", "goodbye", "close 4413 slow_reader"]


async def test_closing_follows_what_was_sent_before_and_nothing_follows_it(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()

    outbox.put_text("one")
    outbox.put_close(4408, "idle")
    outbox.put_text("too late")
    outbox.put_close(4400, "protocol")
    await peer.read_on()
    outbox.put_text("later still")

    assert peer.sent == ["one", "close 4408 idle"]


async def test_closing_at_once_ends_it_too(peer: Peer) -> None:
    outbox = peer.outbox()

    outbox.put_close(1012, "restart")
    outbox.put_text("too late")

    assert peer.sent == ["close 1012 restart"]


async def test_a_frame_that_waits_too_long_is_stuck(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    now = asyncio.get_running_loop().time()
    idle = outbox.is_stuck(now + 1000)

    outbox.put_text("one")
    outbox.put_text("two")

    assert not idle
    assert not outbox.is_stuck(now + 29)
    assert outbox.is_stuck(now + 31)
    await outbox.abandon()


async def test_who_waits_for_the_peer_goes_on_once_it_has_caught_up(peer: Peer) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
    await outbox.caught_up()
    for _ in range(5):
        outbox.put_text("x" * 40)
    waiting = asyncio.create_task(outbox.caught_up())
    await settle()
    before = waiting.done()

    await peer.read_on()

    assert (before, waiting.done()) == (False, True)


@pytest.mark.parametrize("end", ["close", "abandon"])
async def test_who_waits_for_the_peer_goes_on_when_nothing_more_can_be_sent(peer: Peer, end: str) -> None:
    outbox = peer.outbox()
    peer.stop_reading()
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


async def test_a_peer_that_is_gone_is_sent_nothing(peer: Peer) -> None:
    outbox = peer.outbox()

    await outbox.abandon()
    outbox.put_text("one")
    outbox.put_close(1012, "restart")

    assert peer.sent == []
