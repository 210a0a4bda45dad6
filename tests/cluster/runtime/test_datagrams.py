"""Sealed datagrams: sessions open by themselves, each packet passes once, everything else is dropped and counted."""

import random

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime import datagrams
from apps.cluster.runtime.datagrams import (
    ANSWER,
    DATA,
    HALF_OPEN_MAX,
    HEADER,
    HELLO,
    HELLO_BYTES,
    HELLO_EVERY_MS,
    HELLO_PACKET_BYTES,
    OPENINGS_PER_S,
    OVERHEAD_BYTES,
    PAYLOAD_MAX_BYTES,
    REFRESH_MS,
    RESETS_PER_S,
    VERSION,
    WAITING_MAX,
    WINDOW,
    Datagrams,
)
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party

RING = KeyRing(["k" * 20])
A, B = ("a", 1), ("b", 2)
PARTY_A, PARTY_B = Party(NodeId(1), "c"), Party(NodeId(2), "c")


class Pair:
    """Two ends and what is under way between them."""

    def __init__(
        self, one: Party = PARTY_A, other: Party = PARTY_B, rings: tuple[KeyRing, KeyRing] = (RING, RING)
    ) -> None:
        self.ends = {A: Datagrams(rings[0], one), B: Datagrams(rings[1], other)}
        self.got: list[tuple[NodeId, bytes]] = []
        self.seen: list[bytes] = []

    def run(self, now_ms: int = 0) -> None:
        under_way = True
        while under_way:
            under_way = False
            for here, there in ((A, B), (B, A)):
                for _, packet in self.ends[here].take():
                    under_way = True
                    self.seen.append(packet)
                    self.deliver(there, here, packet, now_ms)

    def deliver(self, to: tuple[str, int], source: tuple[str, int], packet: bytes, now_ms: int = 0) -> None:
        received = self.ends[to].receive(source, packet, now_ms)
        if received is not None:
            self.got.append((received[0].node, received[1]))

    def open(self) -> "Pair":
        self.ends[A].send(B, b"first", 0)
        self.run()
        return self

    def packet(self, payload: bytes, now_ms: int = 0) -> bytes:
        """The next packet from A, not delivered."""
        self.ends[A].send(B, payload, now_ms)
        return next(packet for _, packet in self.ends[A].take() if packet[0] == DATA)


def test_a_payload_arrives_after_a_handshake_nobody_asked_for() -> None:
    pair = Pair().open()
    pair.ends[B].send(A, b"back", 0)
    pair.run()

    assert pair.got == [(1, b"first"), (2, b"back")]
    assert [packet[0] for packet in pair.seen] == [HELLO, ANSWER, DATA] * 2
    assert not pair.ends[A].rejected + pair.ends[B].rejected


def test_an_answer_is_not_longer_than_its_hello() -> None:
    pair = Pair().open()

    assert {len(packet) for packet in pair.seen[:2]} == {HELLO_PACKET_BYTES}


def test_the_longest_payload_passes_and_a_longer_one_is_counted() -> None:
    pair = Pair().open()
    longest = bytes(PAYLOAD_MAX_BYTES)

    packet = pair.packet(longest)
    pair.deliver(B, A, packet)
    pair.ends[A].send(B, longest + b"x", 0)

    assert pair.got[-1] == (1, longest)
    assert len(packet) == PAYLOAD_MAX_BYTES + OVERHEAD_BYTES
    assert pair.ends[A].rejected == {"send_too_large": 1}
    assert pair.ends[A].take() == []


def test_only_so_many_packets_wait_for_a_session() -> None:
    pair = Pair()

    for number in range(WAITING_MAX + 2):
        pair.ends[A].send(B, b"%d" % number, 0)
    pair.run()

    assert [payload for _, payload in pair.got] == [b"%d" % number for number in range(2, WAITING_MAX + 2)]
    assert [packet[0] for packet in pair.seen].count(HELLO) == 1


def test_a_lost_hello_is_sent_again_but_not_too_soon() -> None:
    end = Datagrams(RING, PARTY_A)
    sent = []

    for now_ms in (0, HELLO_EVERY_MS - 1, HELLO_EVERY_MS):
        end.send(B, b"x", now_ms)
        sent.append(len(end.take()))

    assert sent == [1, 0, 1]


def test_each_packet_passes_once_in_any_order_within_the_window() -> None:
    pair = Pair().open()
    packets = [pair.packet(b"%d" % number) for number in range(WINDOW + 1)]
    rng = random.Random(5)
    order = packets[1:]
    rng.shuffle(order)

    for packet in [*order, *order]:
        pair.deliver(B, A, packet)
    pair.deliver(B, A, packets[0])

    assert sorted(payload for _, payload in pair.got[1:]) == sorted(b"%d" % number for number in range(1, WINDOW + 1))
    assert pair.ends[B].rejected == {"replayed": WINDOW + 1}


def test_a_far_jump_ahead_clears_the_window() -> None:
    pair = Pair().open()
    late = pair.packet(b"late")
    outgoing = pair.ends[A]._outgoing[B]
    outgoing.counter += 5 * WINDOW

    pair.deliver(B, A, pair.packet(b"jumped"))
    pair.deliver(B, A, late)

    assert pair.got[-1] == (1, b"jumped")
    assert pair.ends[B].rejected == {"replayed": 1}


@pytest.mark.parametrize("place", [0, 1, 5, 12, 20, -1])
def test_a_changed_packet_is_dropped(place: int) -> None:
    pair = Pair().open()
    packet = bytearray(pair.packet(b"payload"))
    packet[place] ^= 64

    pair.deliver(B, A, bytes(packet))

    assert len(pair.got) == 1
    assert pair.ends[B].rejected.total() == 1


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "malformed"),
        (b"\x01", "malformed"),
        (bytes([DATA, VERSION + 1]), "version"),
        (bytes([99, VERSION]), "malformed"),
        (bytes([DATA, VERSION]), "malformed"),
        (bytes([DATA, VERSION]) + bytes(PAYLOAD_MAX_BYTES + 99), "malformed"),
        (bytes([HELLO, VERSION]) + bytes(10), "malformed"),
        (bytes([HELLO, VERSION]) + bytes(HELLO_PACKET_BYTES - 2), "key"),
        (bytes([4, VERSION]) + bytes(9), "malformed"),
        (bytes([4, VERSION]) + bytes(8), "unasked"),
    ],
)
def test_what_is_no_packet_is_dropped(packet: bytes, reason: str) -> None:
    pair = Pair()

    pair.deliver(B, A, packet)

    assert pair.ends[B].rejected == {reason: 1}
    assert pair.ends[B].take() == []


@pytest.mark.parametrize(
    ("one", "reason"), [(Party(NodeId(1), "d"), "cluster"), (Party(NO_NODE), "node"), (PARTY_B, "node")]
)
def test_who_does_not_belong_gets_no_answer(one: Party, reason: str) -> None:
    pair = Pair(one)

    pair.open()

    assert pair.ends[B].rejected == {reason: 1}
    assert pair.got == []


def test_a_node_without_a_cluster_is_heard() -> None:
    assert Pair(Party(NodeId(1))).open().got == [(1, b"first")]


def test_keys_can_be_changed_while_both_run() -> None:
    old, new = "o" * 16, "n" * 16

    for one, other in (([old], [old, new]), ([old, new], [new, old]), ([new, old], [new])):
        assert Pair(rings=(KeyRing(one), KeyRing(other))).open().got
        assert Pair(rings=(KeyRing(other), KeyRing(one))).open().got
    refused = Pair(rings=(KeyRing([old]), KeyRing([new]))).open()
    assert refused.ends[B].rejected == {"key": 1}


@pytest.mark.parametrize(
    "inside",
    [
        b"\xc1",
        msgspec.msgpack.encode([[3, "c"], b"short"]),
        msgspec.msgpack.encode([[3, "c"], bytes(16), b"answer"]),
        msgspec.msgpack.encode([[3, "c" * 65], bytes(16)]),
        msgspec.msgpack.encode([[3, "c"], bytes(16)]).replace(b"\xa1c", b"\xa1\xff"),
    ],
)
@pytest.mark.parametrize("kind", [HELLO, ANSWER])
def test_a_sealed_hello_that_makes_no_sense_is_dropped(kind: int, inside: bytes) -> None:
    pair = Pair()
    header, key = HEADER.pack(kind, VERSION), RING.keys_for(b"datagram hello")[0]
    padded = (len(inside).to_bytes(2, "big") + inside).ljust(HELLO_BYTES, b"\0")

    pair.deliver(B, A, header + bytes(12) + AESGCM(key).encrypt(bytes(12), padded, header))

    assert pair.ends[B].rejected == {"malformed": 1}
    assert pair.ends[B].take() == []


def test_a_replayed_hello_or_answer_changes_nothing() -> None:
    pair = Pair().open()
    hello, answer, _ = pair.seen

    pair.deliver(B, A, hello)
    pair.deliver(A, B, answer)
    pair.run()
    pair.deliver(B, A, pair.packet(b"still"))

    assert pair.got[-1] == (1, b"still")
    assert pair.ends[A].rejected == {"unasked": 2}


def test_a_node_that_started_anew_is_reached_again() -> None:
    pair = Pair().open()
    pair.ends[B] = Datagrams(RING, PARTY_B)

    for number in range(3):
        pair.ends[A].send(B, b"%d" % number, 1_000 + number)
        pair.run(1_000 + number)

    assert [payload for _, payload in pair.got] == [b"first", b"1", b"2"]
    assert pair.ends[B].rejected == {"unknown_session": 1}


def test_forged_resets_cost_one_hello_and_no_packet() -> None:
    pair = Pair().open()
    session = pair.ends[A]._outgoing[B].session

    for _ in range(5):
        pair.deliver(A, B, bytes([4, VERSION]) + session, 1_000)
    pair.deliver(A, B, bytes([4, VERSION]) + bytes(8), 1_000)
    hellos = [packet for _, packet in pair.ends[A].take()]
    pair.deliver(B, A, pair.packet(b"still", 1_000))

    assert len(hellos) == 1
    assert pair.got[-1] == (1, b"still")
    assert pair.ends[A].rejected == {"unasked": 1}


def test_a_flood_of_hellos_costs_little_and_does_not_keep_those_out_that_are_known() -> None:
    pair = Pair()
    flood = bytes([HELLO, VERSION]) + bytes(HELLO_PACKET_BYTES - 2)
    pair.ends[B].send(A, b"to one that is known", 500)
    pair.ends[A].send(B, b"hello", 500)

    for port in range(OPENINGS_PER_S + 5):
        pair.deliver(B, ("elsewhere", port), flood, 500)
    pair.run(500)

    assert pair.ends[B].rejected == {"key": OPENINGS_PER_S, "too_many_openings": 5}
    assert (1, b"hello") in pair.got
    pair.deliver(B, ("elsewhere", 0), flood, 1_000)
    assert pair.ends[B].rejected["key"] == OPENINGS_PER_S + 1


def test_a_flood_in_the_name_of_one_that_is_known_is_bounded_too() -> None:
    pair = Pair().open()
    pair.ends[B].send(A, b"back", 0)
    pair.run()
    flood = bytes([ANSWER, VERSION]) + bytes(HELLO_PACKET_BYTES - 2)

    for _ in range(OPENINGS_PER_S + 5):
        pair.deliver(B, A, flood, 1_500)

    assert pair.ends[B].rejected == {"key": OPENINGS_PER_S, "too_many_openings": 5}
    pair.deliver(B, A, pair.packet(b"goes on", 1_500), 1_500)
    assert pair.got[-1] == (1, b"goes on")


def test_resets_are_bounded_per_second() -> None:
    end = Datagrams(RING, PARTY_B)
    packet = bytes([DATA, VERSION]) + bytes(OVERHEAD_BYTES)

    for _ in range(RESETS_PER_S + 5):
        end.receive(A, packet, 1_000)
    first = len(end.take())
    end.receive(A, packet, 2_000)

    assert (first, len(end.take())) == (RESETS_PER_S, 1)


def test_an_old_session_is_replaced_by_a_fresh_one() -> None:
    pair = Pair().open()
    session = pair.ends[A]._outgoing[B].session

    pair.ends[A].send(B, b"later", REFRESH_MS)
    pair.run(REFRESH_MS)
    pair.ends[A].send(B, b"last", REFRESH_MS)
    pair.run(REFRESH_MS)

    assert pair.ends[A]._outgoing[B].session != session
    assert [payload for _, payload in pair.got] == [b"first", b"later", b"last"]


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "SESSIONS_MAX", 3)
    hub = Datagrams(RING, PARTY_B)
    others = [Datagrams(RING, Party(NodeId(10 + number))) for number in range(5)]

    for number, other in enumerate(others):
        hub.send(("x", number), b"x", 0)
        other.send(B, b"x", 0)
        hub.receive(A, other.take()[0][1], 0)
        other.receive(B, hub.take()[-1][1], 0)
        assert hub.receive(A, other.take()[0][1], 0) is not None

    assert (len(hub._outgoing), len(hub._asked), len(hub._incoming), len(hub._half_open)) == (3, 3, 3, 0)


def test_hellos_that_are_never_followed_up_are_bounded() -> None:
    hub, other = Datagrams(RING, PARTY_B), Datagrams(RING, PARTY_A)

    for number in range(HALF_OPEN_MAX + 9):
        other.send(("x", number), b"x", 0)
        hub.receive(A, other.take()[0][1], 0)

    assert len(hub._half_open) == HALF_OPEN_MAX
