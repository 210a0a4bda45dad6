"""Gossip over a real UDP port on loopback."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from apps.cluster.core.gossip import GossipMessage
from apps.cluster.core.gossip.messages import Nack
from apps.cluster.core.ids import NodeId
from apps.cluster.runtime.datagrams import Datagrams
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.packets import PacketPort
from apps.cluster.runtime.sealing import Party

RING = KeyRing(["k" * 16])


class Post:
    """One end and what came to it."""

    def __init__(self, node: int) -> None:
        self.counters: Counter[str] = Counter()
        self.got: asyncio.Queue[tuple[int, GossipMessage]] = asyncio.Queue()
        self.port = PacketPort(
            RING,
            Party(NodeId(node)),
            lambda sender, address, message: self.got.put_nowait((sender, message)),
            lambda: 0,
            self.counters,
        )
        with socket.socket(type=socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Post, Post]]:
    posts = Post(1), Post(2)
    for post in posts:
        await post.port.start(*post.address)
    yield posts
    for post in posts:
        await post.port.stop()


async def test_messages_arrive_with_their_sender(pair: tuple[Post, Post]) -> None:
    one, other = pair

    one.port.send(other.address, Nack(1))
    one.port.send(other.address, Nack(2))

    assert [await other.got.get(), await other.got.get()] == [(1, Nack(1)), (1, Nack(2))]


async def test_who_this_is_can_change(pair: tuple[Post, Post]) -> None:
    one, _ = pair

    one.port.me = Party(NodeId(1), "c")

    assert one.port.me == Party(NodeId(1), "c")
    assert not one.port.rejected


async def test_sealed_nonsense_is_counted(pair: tuple[Post, Post]) -> None:
    one, other = pair
    sessions = Datagrams(RING, Party(NodeId(3)))
    sessions.send(other.address, b"\xc1", 0)
    hello = sessions.take()[0][1]
    answers: list[bytes] = []
    one.port.datagram_received = lambda data, addr: answers.append(data)  # type: ignore[method-assign]

    other.port.datagram_received(hello, one.address)
    async with asyncio.timeout(5):
        while not answers:  # noqa: ASYNC110 - the port tells nobody of its answers
            await asyncio.sleep(0.002)
    sessions.receive(other.address, answers[0], 0)
    other.port.datagram_received(sessions.take()[0][1], one.address)

    assert other.counters == {"udp_undecodable": 1}
    assert other.got.empty()


async def test_what_cannot_be_sent_is_lost_without_a_word(pair: tuple[Post, Post]) -> None:
    one, _ = pair

    one.port.send(("not-a-host.invalid", 1), Nack(1))
    one.port.send(("::1", 1), Nack(1))
    before = one.counters["udp_errors"]
    one.port.error_received(ConnectionRefusedError())
    counted = one.counters["udp_errors"] - before
    await one.port.stop()
    one.port.send(("127.0.0.1", 1), Nack(1))

    assert counted == 1
    assert one.counters["udp_unresolved"] == 1
