"""Questions from another process, over a real connection."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.runtime import asking as module
from apps.cluster.runtime.asking import AdminReply, AdminRequest, AskFailed, ask_node
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.links import Links
from apps.cluster.runtime.sealing import Party

RING = KeyRing(["k" * 16])
STATUS = AdminRequest("status")
Address = tuple[str, int]


class Answering:
    """A node's port that answers with what it is told to."""

    def __init__(self) -> None:
        self.asked: list[AdminRequest] = []
        self.reply: Callable[[], bytes] = lambda: msgspec.msgpack.encode(AdminReply(result={"a": 1}))
        self.links = Links(
            RING,
            Party(NodeId(1), "c"),
            receive=lambda sender, message: None,
            answer=self.answer,
            clock_ms=lambda: 0,
            counters=Counter(),
            rng=random.Random(1),
        )
        self.address: Address = ("127.0.0.1", 0)

    async def answer(self, frame: bytes) -> bytes:
        self.asked.append(msgspec.msgpack.decode(frame, type=AdminRequest))
        return self.reply()

    async def ask(self, request: AdminRequest = STATUS, ring: KeyRing = RING) -> AdminReply:
        return await asyncio.to_thread(ask_node, self.address, ring, request, 2_000)


@pytest.fixture
async def node() -> AsyncIterator[Answering]:
    answering = Answering()
    answering.address = ("127.0.0.1", await answering.links.start("127.0.0.1", 0))
    yield answering
    await answering.links.stop()


async def test_a_question_gets_its_answer(node: Answering) -> None:
    request = AdminRequest("drain", {"node": "n1", "undo": True})

    reply = await node.ask(request)

    assert reply == AdminReply(result={"a": 1})
    assert node.asked == [request]


async def test_a_long_answer_arrives_whole(node: Answering) -> None:
    node.reply = lambda: msgspec.msgpack.encode(AdminReply(result="x" * 3_000_000))

    assert len((await node.ask()).result) == 3_000_000


async def test_the_leader_is_asked_where_only_it_can_answer(node: Answering) -> None:
    replies = [AdminReply("not_leader", leader=node.address), AdminReply(result="done")]
    node.reply = lambda: msgspec.msgpack.encode(replies.pop(0))

    assert (await node.ask()).result == "done"
    assert len(node.asked) == 2


async def test_asking_around_in_circles_ends(node: Answering) -> None:
    node.reply = lambda: msgspec.msgpack.encode(AdminReply("not_leader", leader=node.address))

    assert (await node.ask()).code == "not_leader"
    assert len(node.asked) == module.REDIRECTS_MAX


@pytest.mark.parametrize("garbage", [b"\xc1", b"", b"\x81\xa4code\xa1\xff"])
async def test_an_answer_nobody_understands_is_told(node: Answering, garbage: bytes) -> None:
    node.reply = lambda: garbage

    with pytest.raises(AskFailed, match="does not understand") as failure:
        await node.ask()

    assert failure.value.reason == "garbled"


async def test_another_key_is_told(node: Answering) -> None:
    with pytest.raises(AskFailed, match="is the cluster key the same") as failure:
        await node.ask(ring=KeyRing(["another key for this"]))

    assert failure.value.reason == "refused"


async def test_an_answer_without_end_is_given_up(node: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRAME_MAX_BYTES", 1_000_000)
    node.reply = lambda: bytes(5_000_000)

    with pytest.raises(AskFailed, match="too_large"):
        await node.ask()


async def test_a_port_that_breaks_off_is_told(node: Answering) -> None:
    def break_off() -> bytes:
        for wire in node.links._accepted:
            wire.close()
        return b""

    node.reply = break_off

    with pytest.raises(AskFailed):
        await node.ask()


def test_nobody_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()

    with pytest.raises(AskFailed, match=r"127\.0\.0\.1:\d+ cannot be reached") as failure:
        ask_node(address, RING, STATUS)

    assert failure.value.reason == "unreachable"


def test_silence_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(AskFailed, match="in time") as failure:
            ask_node(silent.getsockname(), RING, STATUS, timeout_ms=30)
        with pytest.raises(AskFailed, match="in time"):
            ask_node(silent.getsockname(), RING, STATUS, timeout_ms=0)

    assert failure.value.reason == "timeout"
