"""Whatever strangers send to the UDP port of a running node: it is dropped and counted, and the node stays well.

Seeded, so a failure names what to replay. Sockets are blocking on purpose: the node lives in its own thread.
"""

import random

import pytest

from apps.cluster.core.gossip.messages import Nack, Ping
from apps.cluster.core.ids import NO_NODE
from apps.cluster.runtime.datagrams import HELLO_PACKET_BYTES
from apps.cluster.runtime.sealing import Party
from tests.cluster.live import RING, until
from tests.cluster.runtime.bad_input import (
    ENCODE,
    OTHER_RING,
    Packets,
    Victim,
    spoiled,
)


@pytest.mark.parametrize("seed", range(4))
async def test_any_bytes_on_the_udp_port(victim: Victim, seed: int) -> None:
    rng, packets = random.Random(seed), Packets(victim)

    for size in [0, 1, 2, 9, HELLO_PACKET_BYTES, 1_400] * 25 + [9_000, 65_000]:
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
