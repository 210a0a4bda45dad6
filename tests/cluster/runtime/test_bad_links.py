"""Whatever strangers send to the TCP port of a running node: it is dropped and counted, and the node stays well.

Seeded, so a failure names what to replay. Sockets are blocking on purpose: the node lives in its own thread.
"""

import random
import socket
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from apps.cluster.core.gossip.messages import Ping
from apps.cluster.core.ids import NO_NODE
from apps.cluster.core.node import ClaimReply, ClaimRequest, ClaimWithdrawn, GossipEnvelope, RaftEnvelope
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.raft import Forward, Heartbeat, VoteRequest
from apps.cluster.runtime.asking import AdminRequest
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.links import STRANGERS_MAX
from apps.cluster.runtime.sealing import LENGTH, RECORD_MAX_BYTES, Party, Purpose, SealedStream
from apps.cluster.runtime.wires import LAST, MORE
from tests.cluster.live import RING, until
from tests.cluster.runtime.bad_input import (
    ENCODE,
    OTHER_RING,
    STRANGER,
    Victim,
    connect,
    is_closed,
    shaken,
    spoiled,
)


@pytest.mark.parametrize("seed", range(4))
async def test_any_bytes_on_the_tcp_port(victim: Victim, seed: int) -> None:
    rng = random.Random(seed)
    closed = 0

    for size in (4, 5, 100, 1_000, 70_000):
        with connect(victim) as connection:
            with suppress(ConnectionError):
                connection.sendall(rng.randbytes(size))
                connection.shutdown(socket.SHUT_WR)
            closed += is_closed(connection)
    victim.counted()

    assert closed == 5


@pytest.mark.parametrize("seed", range(4))
async def test_spoiled_handshakes(victim: Victim, seed: int) -> None:
    rng = random.Random(seed)

    for _ in range(25):
        stream = SealedStream.dial(RING, victim.party(), Purpose.CONTROL)
        with connect(victim) as connection, suppress(ConnectionError):
            connection.sendall(spoiled(stream.outgoing(), rng))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4_096):
                continue
    counts = victim.counted()

    assert sum(count for name, count in counts.items() if name.startswith("tcp_closed")) >= 20


@pytest.mark.parametrize(
    ("ring", "cluster_id", "purpose", "reason"),
    [
        (OTHER_RING, None, Purpose.CONTROL, "key"),
        (RING, "another", Purpose.CONTROL, "cluster"),
        (RING, None, Purpose.DATA, "purpose"),
        (RING, None, Purpose.GUEST, "purpose"),
        (OTHER_RING, None, Purpose.OPERATOR, "key"),
    ],
)
async def test_handshakes_of_strangers(
    victim: Victim, ring: KeyRing, cluster_id: str | None, purpose: Purpose, reason: str
) -> None:
    stream = SealedStream.dial(ring, victim.party(cluster_id), purpose)

    with connect(victim) as connection:
        connection.sendall(stream.outgoing())
        closed = is_closed(connection)
    counts = victim.counted()

    assert closed
    assert counts[f"tcp_closed_{reason}"] == 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda stream, frame: stream.seal(frame) * 2, "forged"),
        (lambda stream, frame: stream.seal(frame)[:-1] + b"\0", "forged"),
        (lambda stream, frame: LENGTH.pack(RECORD_MAX_BYTES + 99), "too_large"),
        (lambda stream, frame: stream.seal(b""), "malformed"),
    ],
    ids=["replayed", "forged", "too long", "empty"],
)
async def test_records_that_are_not_to_be_trusted(
    victim: Victim, spoil: Callable[[SealedStream, bytes], bytes], reason: str
) -> None:
    connection, stream = shaken(victim)

    with connection:
        connection.sendall(spoil(stream, LAST + ENCODE(ClaimWithdrawn("x"))))
        closed = is_closed(connection)

    assert closed
    assert victim.counted()[f"tcp_closed_{reason}"] == 1


@pytest.mark.parametrize("seed", range(4))
async def test_sealed_frames_that_hold_nonsense(victim: Victim, seed: int) -> None:
    rng = random.Random(seed)
    node, cluster_id = victim.node.node, victim.cluster_id
    messages = [
        RaftEnvelope("another", Heartbeat(*range(1, 1 + len(Heartbeat.__struct_fields__)))),
        GossipEnvelope(("127.0.0.1", 9), Ping(1, node, True, ())),
        ClaimRequest(Claim("x", (STRANGER, node))),
        ClaimReply(cluster_id, True),
    ]
    connection, stream = shaken(victim)

    with connection:
        for _ in range(300):
            connection.sendall(stream.seal(LAST + spoiled(ENCODE(rng.choice(messages)), rng)))
        connection.sendall(stream.seal(LAST) + stream.seal(MORE) + stream.seal(LAST + b"\x91" * 5_000))
    await until(lambda: victim.node._engine.links.count()[1] == 0)
    counts = victim.counted()

    assert counts["tcp_undecodable"] > 100


async def test_messages_that_make_no_sense_from_someone_with_the_key(victim: Victim) -> None:
    node, cluster_id, term = victim.node.node, victim.cluster_id, 10**15
    connection, stream = shaken(victim)
    messages = [
        RaftEnvelope("another", Forward(1, b"x")),
        RaftEnvelope(cluster_id, Forward(1, b"\xff" * 1_000)),
        RaftEnvelope(cluster_id, VoteRequest(term, 0, 0, *(False,) * (len(VoteRequest.__struct_fields__) - 3))),
        ClaimRequest(Claim("x", (STRANGER, node))),
        ClaimReply("x", True),
        ClaimWithdrawn(cluster_id),
        GossipEnvelope(("127.0.0.1", 9), Ping(1, STRANGER, True, ())),
    ]

    with connection:
        for message in messages * 10:
            connection.sendall(stream.seal(LAST + ENCODE(message)))
    await until(lambda: victim.node._engine.links.count()[1] == 0)
    counts = victim.counted()

    assert counts["node_rejected_wrong_cluster"] == 10
    assert counts["gossip_rejected_wrong_target"] == 10


async def test_operators_who_ask_nonsense(victim: Victim) -> None:
    connection, stream = shaken(victim, Purpose.OPERATOR, Party(NO_NODE))
    codes: list[str] = []

    with connection:
        for question in (b"", b"\xc1", ENCODE(AdminRequest("drain", {"node": "nobody"})), ENCODE(["status"])):
            connection.sendall(stream.seal(LAST + question))
            answers: list[bytes] = []
            while not answers:
                answers = stream.receive(connection.recv(65_536))
            codes.append(msgspec.msgpack.decode(answers[0][1:])["code"])
    victim.counted()

    assert codes == ["invalid_input", "invalid_input", "member_unknown", "invalid_input"]


async def test_a_crowd_that_connects_and_says_nothing(victim: Victim) -> None:
    crowd = [connect(victim) for _ in range(80)]
    await until(lambda: victim.node._engine.counters["tcp_closed_full"] == 80 - STRANGERS_MAX)

    for connection in crowd:
        connection.close()
    await until(lambda: victim.node._engine.links.count()[1] == 0)

    assert victim.counted()["tcp_closed_full"] == 80 - STRANGERS_MAX
