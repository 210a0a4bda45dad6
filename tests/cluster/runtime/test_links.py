"""Control links over loopback: dialled when needed, bounded, trusted only with the key."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import ClaimWithdrawn, ControlMessage
from apps.cluster.runtime import links as module
from apps.cluster.runtime import wires
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.links import Links
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
from apps.cluster.runtime.wires import LAST

RING = KeyRing(["k" * 16])
HELLO = ClaimWithdrawn("hello")


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


class Post:
    """One end: its links, and what came over them."""

    def __init__(self, node: int, clock: Clock, ring: KeyRing = RING, cluster_id: str = "c") -> None:
        self.counters: Counter[str] = Counter()
        self.got: asyncio.Queue[tuple[NodeId, ControlMessage]] = asyncio.Queue()
        self.node = NodeId(node)
        self.links = Links(
            ring,
            Party(self.node, cluster_id),
            receive=lambda sender, message: self.got.put_nowait((sender, message)),
            answer=self.answer,
            clock_ms=clock,
            counters=self.counters,
            rng=random.Random(1),
        )
        self.address = ("127.0.0.1", 0)

    async def answer(self, frame: bytes) -> bytes:
        return b"you asked " + frame

    async def start(self) -> "Post":
        self.address = ("127.0.0.1", await self.links.start(*self.address))
        return self

    async def counted(self, name: str, at_least: int = 1) -> None:
        """Wait until something was counted."""
        async with asyncio.timeout(5):
            while self.counters[name] < at_least:  # noqa: ASYNC110 - counting tells nobody
                await asyncio.sleep(0.002)


Make = Callable[..., Awaitable[Post]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    posts: list[Post] = []

    async def start(node: int, **options: Any) -> Post:
        posts.append(await Post(node, clock, **options).start())
        return posts[-1]

    yield start
    for post in posts:
        await post.links.stop()


async def raw(post: Post, data: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*post.address)
    writer.write(data)
    return reader, writer


async def guest(post: Post, party: Party, purpose: Purpose) -> tuple[SealedStream, Any, Any]:
    """An end of our own, after its handshake."""
    stream = SealedStream.dial(RING, party, purpose)
    reader, writer = await raw(post, stream.outgoing())
    stream.receive(await reader.read(4_096))
    writer.write(stream.outgoing())
    return stream, reader, writer


async def test_a_message_dials_its_node_and_both_ways_have_a_link_of_their_own(make: Make) -> None:
    one, other = await make(1), await make(2)

    one.links.send(other.node, other.address, HELLO)
    one.links.send(other.node, other.address, ClaimWithdrawn("again"))
    first, second = await other.got.get(), await other.got.get()
    other.links.send(one.node, one.address, HELLO)
    back = await one.got.get()

    assert (first, second, back) == ((1, HELLO), (1, ClaimWithdrawn("again")), (2, HELLO))
    assert one.links.count() == other.links.count() == (1, 1)


async def test_whoever_answers_at_an_address_can_be_spoken_to(make: Make) -> None:
    one, other = await make(1), await make(2)

    one.links.send(NO_NODE, other.address, HELLO)

    assert await other.got.get() == (1, HELLO)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cluster_id": "d"}, "tcp_closed_cluster"),
        ({"ring": KeyRing(["l" * 16])}, "tcp_closed_key"),
        ({"node": 1}, "tcp_closed_self"),
    ],
)
async def test_who_does_not_belong_is_refused(make: Make, options: dict[str, Any], reason: str) -> None:
    one, other = await make(1), await make(**{"node": 2, **options})

    one.links.send(NO_NODE, other.address, HELLO)
    await other.counted(reason)

    assert other.got.empty()


async def test_another_node_than_the_one_meant_is_not_told(make: Make) -> None:
    one, other = await make(1), await make(2)

    one.links.send(NodeId(3), other.address, HELLO)
    await other.counted("tcp_closed_node")

    assert other.got.empty()


async def test_a_dead_address_is_dialled_again_only_after_a_growing_pause(make: Make, clock: Clock) -> None:
    one, dead = await make(1), await make(2)
    await dead.links.stop()
    dials: list[int] = []

    for _ in range(400):
        before = one.counters["tcp_unreachable"]
        one.links.send(dead.node, dead.address, HELLO)
        if one.counters["tcp_unreachable"] == before:
            dials.append(clock.now_ms)
            await one.counted("tcp_dial_failed", len(dials))
        clock.now_ms += 10
    pauses = [later - sooner for sooner, later in itertools.pairwise(dials)]

    assert pauses[0] <= module.BACKOFF_LEAST_MS
    assert pauses[-1] >= module.BACKOFF_MOST_MS // 2
    assert max(pauses) <= module.BACKOFF_MOST_MS + 10


async def test_a_node_that_came_back_is_reached_again(make: Make, clock: Clock) -> None:
    one, other = await make(1), await make(2)
    one.links.send(other.node, other.address, HELLO)
    await other.got.get()
    await other.links.stop()
    await one.counted("tcp_closed_lost")
    again = Post(2, clock)
    again.address = other.address

    await again.start()
    one.links.send(again.node, again.address, HELLO)
    received = await again.got.get()
    await again.links.stop()

    assert received == (1, HELLO)


async def test_a_frame_nobody_understands_is_counted_and_the_link_goes_on(make: Make) -> None:
    post = await make(2)
    stream, _, writer = await guest(post, Party(NodeId(1), "c"), Purpose.CONTROL)

    for frame in (b"\xc1", b"", b"\x93\xa1r\xa1\xff\xc0", msgspec.msgpack.encode(["zz", 1]), b"\x91" * 3_000):
        writer.write(stream.seal(LAST + frame))
    writer.write(stream.seal(LAST + msgspec.msgpack.encode(HELLO)))

    assert await post.got.get() == (1, HELLO)
    assert post.counters == {"tcp_undecodable": 5}
    writer.close()


async def test_an_operator_gets_answers(make: Make) -> None:
    post = await make(2)
    stream, reader, writer = await guest(post, Party(NO_NODE), Purpose.OPERATOR)

    writer.write(stream.seal(LAST + b"what"))
    answer = stream.receive(await reader.read(4_096))

    assert answer == [LAST + b"you asked what"]
    writer.close()


async def test_operators_are_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OPERATORS_MAX", 2)
    post = await make(2)
    writers = [(await guest(post, Party(NO_NODE), Purpose.OPERATOR))[2] for _ in range(3)]

    await post.counted("tcp_closed_operators")

    assert post.links.count() == (0, 2)
    for writer in writers:
        writer.close()


async def test_questions_under_way_are_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    post = await make(2)
    stream, _, writer = await guest(post, Party(NO_NODE), Purpose.OPERATOR)
    monkeypatch.setattr(module, "TASKS_MAX", 0)

    writer.write(stream.seal(LAST + b"what"))

    await post.counted("tcp_closed_operators")
    post.links.send(NodeId(7), ("127.0.0.1", 1), HELLO)
    assert post.counters["tcp_unreachable"] == 1
    writer.close()


async def test_strangers_are_bounded_and_cannot_keep_nodes_out(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRANGERS_MAX", 2)
    post = await make(2)
    reader, oldest = await raw(post)
    crowd = [(await raw(post))[1] for _ in range(2)]

    _, _, node = await guest(post, Party(NodeId(1), "c"), Purpose.CONTROL)

    await post.counted("tcp_closed_full", 2)
    assert await reader.read() == b""
    assert post.links.count() == (0, 2)
    for writer in (oldest, *crowd, node):
        writer.close()


async def test_links_that_were_dialled_are_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINKS_MAX", 1)
    post = await make(2)
    _, first = await raw(post)
    reader, second = await raw(post)

    await post.counted("tcp_closed_full")

    assert await reader.read() == b""
    assert post.links.count() == (0, 1)
    first.close()
    second.close()


async def test_one_node_keeps_only_so_many_links(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINKS_PER_NODE_MAX", 2)
    post = await make(2)
    writers = [(await guest(post, Party(NodeId(1), "c"), Purpose.CONTROL))[2] for _ in range(3)]

    await post.counted("tcp_closed_replaced")

    assert post.links.count() == (0, 2)
    for writer in writers:
        writer.close()


async def test_the_silent_and_the_idle_are_closed(make: Make, clock: Clock) -> None:
    one, other = await make(1), await make(2)
    _, writer = await raw(other)
    one.links.send(other.node, other.address, HELLO)
    await other.got.get()

    clock.now_ms += module.HANDSHAKE_MS
    other.links._sweep()
    await other.counted("tcp_closed_slow")
    clock.now_ms += module.IDLE_MS
    one.links._sweep()
    await one.counted("tcp_closed_idle")

    assert one.links.count() == (0, 0)
    writer.close()


async def test_a_message_that_is_too_long_is_counted(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = await make(1), await make(2)
    monkeypatch.setattr(wires, "FRAME_MAX_BYTES", 100)

    one.links.send(other.node, other.address, ClaimWithdrawn("x" * 200))
    one.links.send(other.node, other.address, HELLO)

    assert await other.got.get() == (1, HELLO)
    assert one.counters == {"tcp_too_long": 1}


async def test_dropped_frames_and_frames_on_the_wrong_way_are_counted(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await make(1), await make(2)
    monkeypatch.setattr(wires, "QUEUE_MAX_FRAMES", 1)

    one.links.send(other.node, other.address, HELLO)
    one.links.send(other.node, other.address, HELLO)
    await other.got.get()
    next(iter(other.links._accepted)).send(b"talking back")
    await one.counted("tcp_unexpected")

    assert one.counters["tcp_dropped"] == 1


async def test_remembered_failures_and_links_are_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await make(1)
    monkeypatch.setattr(module, "LINKS_MAX", 2)

    for port in (1, 2, 3):
        one.links.send(NodeId(9), ("127.0.0.1", port), HELLO)
        await asyncio.sleep(0)
    held = one.links.count()[0]
    await one.counted("tcp_dial_failed", 2)
    one.links.send(NodeId(9), ("127.0.0.1", 3), HELLO)
    await one.counted("tcp_dial_failed", 3)

    assert held == 2
    assert len(one.links._backoff) == 2
