"""A node to throw things at, and hands to throw them with."""

import random
import socket
from contextlib import suppress
from pathlib import Path

import msgspec

from apps.cluster.core.gossip.messages import Nack
from apps.cluster.core.ids import NodeId
from apps.cluster.runtime.asking import AdminRequest, ask_node
from apps.cluster.runtime.datagrams import Datagrams
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
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
