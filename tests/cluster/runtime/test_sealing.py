"""A sealed stream: who gets in, and what gets through."""

import itertools
import random
from collections.abc import Callable

import msgspec
import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime import sealing
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.noise import Initiator, next_key
from apps.cluster.runtime.sealing import (
    HEADER,
    LENGTH,
    MAGIC,
    RECORD_MAX_BYTES,
    RECORD_OVERHEAD_BYTES,
    VERSION,
    HandshakeRefused,
    Hello,
    Party,
    Purpose,
    RecordRefused,
    SealedStream,
)

RING = KeyRing(["first key of all" * 2])
A, B = Party(NodeId(1), "c1"), Party(NodeId(2), "c1")
ALL = frozenset(Purpose)


def meet(dialler: SealedStream, dialled: SealedStream) -> None:
    dialled.receive(dialler.outgoing())
    dialler.receive(dialled.outgoing())
    dialled.receive(dialler.outgoing())


def pair(
    one: Party = A,
    other: Party = B,
    *,
    purpose: Purpose = Purpose.CONTROL,
    expects: NodeId = NO_NODE,
    rings: tuple[KeyRing, KeyRing] = (RING, RING),
) -> tuple[SealedStream, SealedStream]:
    dialler = SealedStream.dial(rings[0], one, purpose, expects)
    dialled = SealedStream.accept(rings[1], other, ALL)
    meet(dialler, dialled)
    return dialler, dialled


@pytest.mark.parametrize("purpose", list(Purpose))
def test_both_ends_learn_who_the_other_is_and_talk(purpose: Purpose) -> None:
    dialler, dialled = pair(purpose=purpose, expects=B.node)

    there = dialled.receive(dialler.seal(b"ping") + dialler.seal(b""))
    back = dialler.receive(dialled.seal(b"pong"))

    assert (dialler.peer, dialled.peer) == (B, A)
    assert dialled.purpose is purpose
    assert (there, back) == ([b"ping", b""], [b"pong"])


def test_records_may_arrive_in_any_pieces() -> None:
    dialler, dialled = pair()
    payloads = [random.Random(size).randbytes(size) for size in (0, 1, 1_000, 70_000)]
    stream = b"".join(dialler.seal(payload) for payload in payloads)
    got: list[bytes] = []

    for start in range(0, len(stream), 777):
        got += dialled.receive(stream[start : start + 777])

    assert got == payloads
    assert len(stream) == sum(len(payload) + RECORD_OVERHEAD_BYTES for payload in payloads)


def test_a_handshake_may_arrive_byte_by_byte() -> None:
    dialler = SealedStream.dial(RING, A, Purpose.CONTROL)
    dialled = SealedStream.accept(RING, B, ALL)

    for source, sink in ((dialler, dialled), (dialled, dialler), (dialler, dialled)):
        for byte in source.outgoing():
            sink.receive(bytes([byte]))

    assert dialled.peer == A


def test_the_dialled_end_trusts_nobody_before_the_third_message() -> None:
    dialler = SealedStream.dial(RING, A, Purpose.CONTROL)
    first = dialler.outgoing()
    replayed = SealedStream.accept(RING, B, ALL)

    replayed.receive(first)

    assert not replayed.established
    with pytest.raises(RecordRefused, match="forged"):
        replayed.receive(LENGTH.pack(16) + bytes(16))


def test_nothing_is_sealed_before_the_handshake() -> None:
    with pytest.raises(RecordRefused, match="early"):
        SealedStream.dial(RING, A, Purpose.CONTROL).seal(b"")


@pytest.mark.parametrize(
    ("one", "other", "purpose", "expects", "reason"),
    [
        (A, Party(NodeId(2), "c2"), Purpose.CONTROL, NO_NODE, "cluster"),
        (A, Party(NodeId(2)), Purpose.DATA, NO_NODE, "cluster"),
        (Party(NodeId(1)), Party(NodeId(2)), Purpose.DATA, NO_NODE, "cluster"),
        (A, B, Purpose.CONTROL, NodeId(3), "node"),
        (Party(NO_NODE), B, Purpose.CONTROL, NO_NODE, "node"),
        (Party(NO_NODE), B, Purpose.DATA, NO_NODE, "node"),
        (A, A, Purpose.CONTROL, NO_NODE, "self"),
    ],
)
def test_who_does_not_belong_is_refused(
    one: Party, other: Party, purpose: Purpose, expects: NodeId, reason: str
) -> None:
    with pytest.raises(HandshakeRefused, match=reason):
        pair(one, other, purpose=purpose, expects=expects)


@pytest.mark.parametrize(
    ("one", "other", "purpose"),
    [
        (Party(NodeId(1)), B, Purpose.CONTROL),
        (A, Party(NodeId(2)), Purpose.CONTROL),
        (Party(NO_NODE), B, Purpose.GUEST),
        (Party(NO_NODE, "c1"), B, Purpose.OPERATOR),
    ],
)
def test_who_has_no_cluster_yet_or_is_no_node_may_come_where_that_is_meant(
    one: Party, other: Party, purpose: Purpose
) -> None:
    dialler, dialled = pair(one, other, purpose=purpose)

    assert (dialler.peer, dialled.peer) == (other, one)


def test_the_dialler_refuses_another_node_than_it_meant() -> None:
    dialler = SealedStream.dial(RING, A, Purpose.CONTROL)
    dialled = SealedStream.accept(RING, B, ALL)
    dialled.receive(dialler.outgoing())
    dialler._expects = NodeId(3)

    with pytest.raises(HandshakeRefused, match="node"):
        dialler.receive(dialled.outgoing())


def test_the_dialler_refuses_an_answer_that_was_changed() -> None:
    dialler = SealedStream.dial(RING, A, Purpose.CONTROL)
    dialled = SealedStream.accept(RING, B, ALL)
    dialled.receive(dialler.outgoing())
    answer = dialled.outgoing()

    with pytest.raises(HandshakeRefused, match="key"):
        dialler.receive(answer[:-1] + bytes([answer[-1] ^ 1]))


def test_a_key_can_be_changed_while_both_run() -> None:
    old, new = "o" * 16, "n" * 16
    steps = [[old], [old, new], [new, old], [new]]

    for one, other in itertools.pairwise(steps):
        for rings in ((KeyRing(one), KeyRing(other)), (KeyRing(other), KeyRing(one))):
            assert pair(rings=rings)[1].established
    with pytest.raises(HandshakeRefused, match="key"):
        pair(rings=(KeyRing([old]), KeyRing([new])))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADER.pack(b"XXX", VERSION, Purpose.CONTROL), "malformed"),
        (HEADER.pack(MAGIC, VERSION + 1, Purpose.CONTROL), "version"),
        (HEADER.pack(MAGIC, VERSION, 99), "purpose"),
        (HEADER.pack(MAGIC, VERSION, Purpose.DATA), "purpose"),
        (HEADER.pack(MAGIC, VERSION, Purpose.CONTROL), "key"),
    ],
)
def test_a_wrong_first_message_is_refused(header: bytes, reason: str) -> None:
    dialled = SealedStream.accept(RING, B, {Purpose.CONTROL})
    message = header + bytes(64)

    with pytest.raises(HandshakeRefused, match=reason):
        dialled.receive(LENGTH.pack(len(message)) + message)


@pytest.mark.parametrize("size", [0, 4, 1_025, 0xFFFFFFFF])
def test_a_handshake_of_impossible_size_is_refused_before_it_is_read(size: int) -> None:
    with pytest.raises(HandshakeRefused, match="malformed"):
        SealedStream.accept(RING, B, ALL).receive(LENGTH.pack(size))


@pytest.mark.parametrize("payload", [b"", b"\xc1", msgspec.msgpack.encode([1, 2, 3]), msgspec.msgpack.encode(["x"])])
def test_a_sealed_hello_that_is_none_is_refused(payload: bytes) -> None:
    header = HEADER.pack(MAGIC, VERSION, Purpose.CONTROL)
    message = header + Initiator(RING.keys_for(b"stream 1")[0], header).write(payload)

    with pytest.raises(HandshakeRefused, match="malformed"):
        SealedStream.accept(RING, B, ALL).receive(LENGTH.pack(len(message)) + message)


def test_a_claim_to_be_no_number_is_refused() -> None:
    payload = msgspec.msgpack.encode(Hello(Party(NodeId(1), "c1"))).replace(b"c1", b"\xff\xff")
    header = HEADER.pack(MAGIC, VERSION, Purpose.CONTROL)
    message = header + Initiator(RING.keys_for(b"stream 1")[0], header).write(payload)

    with pytest.raises(HandshakeRefused, match="malformed"):
        SealedStream.accept(RING, B, ALL).receive(LENGTH.pack(len(message)) + message)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one, two: one + one,
        lambda one, two: two + one,
        lambda one, two: two,
        lambda one, two: one[:-1] + bytes([one[-1] ^ 1]),
        lambda one, two: LENGTH.pack(18) + one[4:] + b"x",
    ],
    ids=["replayed", "swapped", "dropped", "changed", "lengthened"],
)
def test_records_that_are_not_the_next_one_are_refused(spoil: Callable[[bytes, bytes], bytes]) -> None:
    dialler, dialled = pair()
    one, two = dialler.seal(b"1"), dialler.seal(b"2")

    with pytest.raises(RecordRefused, match="forged"):
        dialled.receive(spoil(one, two))


def test_a_record_sent_back_to_its_sender_is_refused() -> None:
    dialler, _ = pair()

    with pytest.raises(RecordRefused, match="forged"):
        dialler.receive(dialler.seal(b"mirror"))


def test_records_out_of_bounds_are_refused() -> None:
    dialler, dialled = pair()

    assert dialled.receive(dialler.seal(bytes(RECORD_MAX_BYTES))) == [bytes(RECORD_MAX_BYTES)]
    with pytest.raises(RecordRefused, match="too_large"):
        dialler.seal(bytes(RECORD_MAX_BYTES + 1))
    with pytest.raises(RecordRefused, match="too_large"):
        dialled.receive(LENGTH.pack(RECORD_MAX_BYTES + 17))
    with pytest.raises(RecordRefused, match="forged"):
        pair()[1].receive(LENGTH.pack(15))


def test_keys_change_after_so_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "REKEY_RECORDS", 3)
    dialler, dialled = pair()
    assert dialler._sending is not None
    first = dialler._sending.key

    got = [dialled.receive(dialler.seal(b"%d" % number))[0] for number in range(10)]

    assert got == [b"%d" % number for number in range(10)]
    assert dialler._sending.key == next_key(next_key(next_key(first)))
