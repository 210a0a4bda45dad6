"""Whatever an authenticated node sends, gossip stays in order: made-up messages, and spoiled bytes of real ones."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from apps.cluster.core.gossip import (
    Ack,
    Alive,
    Dead,
    Gossip,
    GossipConfig,
    GossipMessage,
    Left,
    Meta,
    Nack,
    Ping,
    PingRequest,
    Rumours,
    Status,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
)
from apps.cluster.core.gossip.messages import BUCKETS, DIGEST_BYTES
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.samples import ME, address_of
from tests.cluster.core.gossip.test_machine import HOME, TWO, node_among

NODES = st.integers(1, 6).map(NodeId)
STEPS = st.integers(0, 20)
ADDRESSES = st.sampled_from([address_of(node) for node in range(1, 7)])
METAS = st.builds(Meta, st.sampled_from(["x", "y"]), st.sampled_from(["", "a", "b"]))
UPDATES: st.SearchStrategy[Update] = st.one_of(
    st.builds(Alive, NODES, ADDRESSES, STEPS, METAS),
    st.builds(Suspect, NODES, STEPS, NODES),
    st.builds(Dead, NODES, STEPS, NODES),
    st.builds(Left, NODES, STEPS),
)
NEWS = st.lists(UPDATES, max_size=4).map(tuple)
SEQS = st.integers(0, 12)
DIGESTS = st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)
MESSAGES: st.SearchStrategy[GossipMessage] = st.one_of(
    st.builds(Ping, SEQS, NODES, st.booleans(), NEWS),
    st.builds(PingRequest, SEQS, NODES, ADDRESSES, NEWS),
    st.builds(Ack, SEQS, NEWS),
    st.builds(Nack, SEQS),
    st.builds(Rumours, NEWS),
    st.builds(
        SyncRequest, SEQS, st.builds(Alive, NODES, ADDRESSES, STEPS, METAS), st.binary(min_size=512, max_size=512)
    ),
    st.builds(SyncReply, SEQS, st.just(tuple(range(BUCKETS))), NEWS, st.booleans()),
    st.builds(SyncPush, NEWS),
)
ARRIVALS = st.tuples(NODES, ADDRESSES, MESSAGES, st.integers(0, 3_000))


@given(st.lists(ARRIVALS, max_size=40), st.sampled_from(["", "a"]))
def test_whatever_comes_in_it_stays_in_order(arrivals: list[tuple], cluster: str) -> None:
    config = GossipConfig(peers_max=4, dead_keep_ms=5_000)
    gossip = Gossip(ME, address_of(1), Meta("n1", cluster), 10, config, random.Random(1), 0)
    gossip.join([HOME], 0)
    now_ms, incarnation = 0, 10

    for sender, address, message, wait_ms in arrivals:
        now_ms += wait_ms
        gossip.receive(sender, address, message, now_ms)
        if gossip.next_deadline_ms <= now_ms:
            gossip.tick(now_ms)
        effects = gossip.take()

        roster = gossip._roster
        assert len(gossip.peers) <= 4
        assert all((peer.status is Status.ALIVE) == (peer.incarnation > peer.accused) for peer in gossip.peers.values())
        assert {node for node, peer in gossip.peers.items() if peer.status in {"alive", "suspect"}} == {
            ME,
            *roster.living,
        }
        assert all(peer.meta.cluster in {"", cluster} for peer in gossip.peers.values()) or not cluster
        assert gossip.peers[ME].status is Status.ALIVE
        assert gossip.peers[ME].incarnation >= incarnation
        assert all(len(msgspec.msgpack.encode(sent)) <= config.packet_bytes for _, sent in effects.datagrams)
        incarnation = gossip.peers[ME].incarnation


SPOILS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4)


@given(MESSAGES, SPOILS, st.booleans())
def test_spoiled_bytes_are_refused_by_the_schema_or_mean_something_harmless(
    message: GossipMessage, spoils: list[tuple[int, int]], cut: bool
) -> None:
    gossip = node_among(2)
    packed = bytearray(msgspec.msgpack.encode(message))
    for place, byte in spoils:
        packed[place % len(packed)] = byte

    try:
        decoded = msgspec.msgpack.decode(packed[:-1] if cut else packed, type=GossipMessage)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    gossip.receive(TWO, HOME, decoded, 0)

    assert ME in gossip.peers
