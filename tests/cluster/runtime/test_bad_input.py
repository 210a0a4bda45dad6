"""Whatever strangers send to the control port of a running node: it is dropped and counted, and the node stays well.

Seeded, so a failure names what to replay. Sockets are blocking on purpose: the node lives in its own thread.
"""

import random
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from apps.cluster.core.gossip.messages import Nack, Ping
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import ClaimReply, ClaimRequest, ClaimWithdrawn, GossipEnvelope, RaftEnvelope
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.raft import Forward, Heartbeat, VoteRequest
from apps.cluster.runtime.asking import AdminRequest, ask_node
from apps.cluster.runtime.datagrams import HELLO_PACKET_BYTES, Datagrams
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.links import STRANGERS_MAX
from apps.cluster.runtime.sealing import LENGTH, RECORD_MAX_BYTES, Party, Purpose, SealedStream
from apps.cluster.runtime.wires import LAST, MORE
from apps.cluster.services import Cluster
from tests.cluster.live import RING, Fatal, config, until

STRANGER = NodeId(0x1234)
OTHER_RING = KeyRing(["a key from elsewhere"])
ENCODE = msgspec.msgpack.encode


class Victim:
    """A node that serves alone, and the counters it had before."""

    def __init__(self, folder: Path) -> None:
        self.ends: Fatal = []
        self.node = Cluster(config(folder, "victim"), lambda *end: self.ends.append(end))

    @property
    def cluster_id(self) -> str:
        return self.node._engine.machine.identity.cluster_id

    def counted(self) -> dict[str, int]:
        """Asks through the front door, so this also proves that the node still answers there."""
        reply = ask_node(self.node.address, RING, AdminRequest("status"))
        assert reply.code == ""
        assert reply.result["serving"]
        assert reply.result["leader"] == "victim"
        counts: dict[str, int] = reply.result["counters"]
        return counts

    async def rejects(self, reason: str, at_least: int) -> None:
        """Wait until so many packets were dropped for this reason (empty: any), which comes after they were sent."""
        rejected = self.node._engine.packets.rejected
        await until(lambda: (rejected[reason] if reason else rejected.total()) >= at_least)
        self.counted()

    def party(self, cluster_id: str | None = None) -> Party:
        return Party(STRANGER, self.cluster_id if cluster_id is None else cluster_id)


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    made = Victim(tmp_path)
    await until(lambda: made.node.serving_until_ms)
    yield made
    assert made.ends == []
    made.node.stop()


def spoiled(data: bytes, rng: random.Random) -> bytes:
    """The same with something wrong: bits turned, cut off, doubled, lengthened, or all of it made up."""
    kind = rng.randrange(5)
    if kind == 0:
        place = rng.randrange(len(data))
        return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
    if kind == 1:
        return data[: rng.randrange(len(data))]
    if kind == 2:
        return data + data
    if kind == 3:
        return data + rng.randbytes(rng.randrange(1, 3_000))
    return data[: rng.randrange(6)] + rng.randbytes(len(data))


class Packets:
    """A UDP socket, and sealed sessions of our own on it."""

    def __init__(self, victim: Victim, ring: KeyRing = RING, party: Party | None = None) -> None:
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2)
        self.address = victim.node.address
        self.sessions = Datagrams(ring, party or victim.party())

    def send(self, data: bytes) -> None:
        with suppress(OSError):  # Too long for a datagram is too long for the node as well.
            self.socket.sendto(data, self.address)

    def open(self) -> None:
        self.sessions.send(self.address, ENCODE(Nack(1)), 0)
        self.flush()
        self.sessions.receive(self.address, self.socket.recv(2_048), 0)
        self.flush()

    def sealed(self, payload: bytes) -> bytes:
        self.sessions.send(self.address, payload, 0)
        return self.sessions.take()[-1][1]

    def flush(self) -> None:
        for _, packet in self.sessions.take():
            self.send(packet)


def connect(victim: Victim) -> socket.socket:
    return socket.create_connection(victim.node.address, 2)


def shaken(
    victim: Victim, purpose: Purpose = Purpose.CONTROL, party: Party | None = None
) -> tuple[socket.socket, SealedStream]:
    """A connection of ours after its handshake."""
    connection, stream = connect(victim), SealedStream.dial(RING, party or victim.party(), purpose)
    connection.sendall(stream.outgoing())
    while not stream.established:
        stream.receive(connection.recv(4_096))
    connection.sendall(stream.outgoing())
    return connection, stream


def is_closed(connection: socket.socket) -> bool:
    """Whether the node ends the connection, without having said anything."""
    connection.settimeout(5)
    try:
        return connection.recv(4_096) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("seed", range(4))
async def test_any_bytes_on_the_udp_port(victim: Victim, seed: int) -> None:
    rng, packets = random.Random(seed), Packets(victim)

    for size in [0, 1, 2, 9, HELLO_PACKET_BYTES, 1_400, 9_000, 65_000] * 25:
        packets.send(bytes([rng.randrange(6), 1])[: min(2, size)] + rng.randbytes(max(0, size - 2)))

    await victim.rejects("", 50)


@pytest.mark.parametrize("seed", range(4))
async def test_spoiled_packets_of_a_real_session(victim: Victim, seed: int) -> None:
    rng, packets = random.Random(seed), Packets(victim)
    packets.open()

    for number in range(200):
        good = packets.sealed(ENCODE(Ping(number, victim.node.node, False, ())))
        packets.send(spoiled(good, rng))

    await victim.rejects("forged", 20)


async def test_replayed_and_reordered_packets(victim: Victim) -> None:
    packets = Packets(victim)
    packets.open()
    good = [packets.sealed(ENCODE(Nack(number))) for number in range(100)]

    for packet in [*reversed(good), *good]:
        packets.send(packet)

    await victim.rejects("replayed", 100)
    assert victim.counted()["udp_rejected_replayed"] == 100


async def test_hellos_of_strangers_to_the_cluster(victim: Victim) -> None:
    for ring, party in (
        (OTHER_RING, victim.party()),
        (RING, victim.party("another")),
        (RING, Party(victim.node.node, victim.cluster_id)),
        (RING, Party(NO_NODE)),
    ):
        packets = Packets(victim, ring, party)
        packets.sessions.send(packets.address, b"x", 0)
        packets.flush()
    await victim.rejects("", 4)
    counts = victim.counted()

    assert {name: counts[name] for name in counts if name.startswith("udp_rejected")} == {
        "udp_rejected_key": 1,
        "udp_rejected_cluster": 1,
        "udp_rejected_node": 2,
    }


@pytest.mark.parametrize("seed", range(2))
async def test_sealed_packets_that_hold_nonsense(victim: Victim, seed: int) -> None:
    rng, packets = random.Random(seed), Packets(victim)
    packets.open()
    good = ENCODE(Ping(1, victim.node.node, False, ()))

    for payload in (b"", b"\xc1", b"\x91" * 1_000, b"\x92\xa1p", b"\x93\xa1z\xa1\xff\x00", ENCODE(["zz"])):
        packets.send(packets.sealed(payload))
    for _ in range(200):
        packets.send(packets.sealed(spoiled(good, rng)[:1_300]))
    await until(lambda: victim.node._engine.counters["udp_undecodable"] >= 100)

    assert victim.counted()["udp_undecodable"] >= 100


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


async def test_records_that_are_replayed_forged_or_too_long(victim: Victim) -> None:
    frame = LAST + ENCODE(ClaimWithdrawn("x"))

    for number in range(4):
        connection, stream = shaken(victim)
        record = stream.seal(frame)
        bad = (record + record, record[:-1] + b"\0", LENGTH.pack(RECORD_MAX_BYTES + 99), stream.seal(b""))[number]
        with connection:
            connection.sendall(bad)
            assert is_closed(connection)
    counts = victim.counted()

    assert {
        name: count for name, count in counts.items() if name.startswith("tcp_closed") and name != "tcp_closed_lost"
    } == {
        "tcp_closed_forged": 2,
        "tcp_closed_too_large": 1,
        "tcp_closed_malformed": 1,
    }


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
