"""One connection: frames of any size pass, in order; queues are bounded; what is not trusted ends it."""

import asyncio
import socket
from typing import Any

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.runtime import wires
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream
from apps.cluster.runtime.wires import FRAME_MAX_BYTES, PART, QUEUE_MAX_FRAMES, FrameTooLong, Wire

RING = KeyRing(["k" * 16])


class Line(asyncio.Transport):
    """What one end writes; `turn` carries it over to the other one."""

    def __init__(self, connection: socket.socket | None = None) -> None:
        super().__init__({"socket": connection})
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.aborted = True


class Witness:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.met = 0
        self.dropped = 0
        self.reasons: list[str] = []

    def established(self, wire: Wire) -> None:
        self.met += 1

    def frame_received(self, wire: Wire, frame: bytes) -> None:
        self.frames.append(frame)

    def frame_dropped(self, wire: Wire) -> None:
        self.dropped += 1

    def closed(self, wire: Wire, reason: str) -> None:
        self.reasons.append(reason)


class Pair:
    """Two ends and the line between them."""

    def __init__(self, ring: KeyRing = RING) -> None:
        one, other = Party(NodeId(1), "c"), Party(NodeId(2), "c")
        self.seen = (Witness(), Witness())
        self.ends = (
            Wire(SealedStream.dial(RING, one, Purpose.CONTROL), self.seen[0], 0),
            Wire(SealedStream.accept(ring, other, set(Purpose)), self.seen[1], 0),
        )
        self.lines = (Line(), Line())
        for end, line in zip(self.ends, self.lines, strict=True):
            end.connection_made(line)

    async def turn(self, times: int = 6) -> None:
        """Carry over what was written, a few times, with turns of the loop between."""
        for _ in range(times):
            for number in (0, 1):
                written, self.lines[number].written = self.lines[number].written, []
                for data in written:
                    if not self.lines[1 - number].aborted:
                        self.ends[1 - number].data_received(data)
            await asyncio.sleep(0)


async def test_frames_queued_before_the_handshake_arrive_in_order_after_it() -> None:
    pair = Pair()
    frames = [b"", b"a", b"b" * 70_000]

    for frame in frames:
        pair.ends[0].send(frame)
    await pair.turn()
    pair.ends[1].send(b"back")
    await pair.turn()

    assert pair.seen[1].frames == frames
    assert pair.seen[0].frames == [b"back"]
    assert [witness.met for witness in pair.seen] == [1, 1]


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1])
async def test_a_frame_longer_than_a_record_passes(size: int) -> None:
    pair = Pair()
    frame = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    pair.ends[0].send(frame)
    await pair.turn()

    assert pair.seen[1].frames == [frame]


async def test_everything_of_one_turn_is_one_write() -> None:
    pair = Pair()
    await pair.turn()

    for number in range(50):
        pair.ends[0].send(b"%d" % number)
    await asyncio.sleep(0)

    assert len(pair.lines[0].written) == 1


async def test_the_oldest_frames_go_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair()
    await pair.turn()
    pair.ends[0].pause_writing()

    for number in range(QUEUE_MAX_FRAMES + 3):
        pair.ends[0].send(b"%d" % number)
    await pair.turn(1)
    waited = not pair.seen[1].frames
    pair.ends[0].resume_writing()
    await pair.turn()

    assert waited
    assert pair.seen[1].frames[0] == b"3"
    assert pair.seen[0].dropped == 3
    monkeypatch.setattr(wires, "QUEUE_MAX_BYTES", 10)
    pair.ends[0].send(b"12345678")
    pair.ends[0].send(b"12345678")
    assert pair.seen[0].dropped == 4


async def test_a_frame_that_is_too_long_is_refused_here_and_ends_it_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair()
    await pair.turn()
    with pytest.raises(FrameTooLong):
        pair.ends[0].send(bytes(FRAME_MAX_BYTES + 1))
    pair.ends[0].send(bytes(3 * PART))
    await asyncio.sleep(0)
    monkeypatch.setattr(wires, "FRAME_MAX_BYTES", 2 * PART)

    await pair.turn()

    assert pair.lines[1].aborted
    assert pair.seen[1].frames == []


async def test_a_record_without_anything_in_it_ends_the_connection() -> None:
    pair = Pair()
    await pair.turn()

    pair.ends[1].data_received(pair.ends[0].stream.seal(b""))
    pair.ends[1].connection_lost(None)

    assert pair.seen[1].reasons == ["malformed"]


async def test_nothing_is_heard_after_a_frame_that_made_the_owner_close() -> None:
    pair = Pair()
    await pair.turn()
    stream = pair.ends[0].stream
    both = stream.seal(b"\0one") + stream.seal(b"\0two")
    pair.seen[1].frame_received = lambda wire, frame: (pair.seen[1].frames.append(frame), wire.close("enough"))  # type: ignore[method-assign,assignment,func-returns-value]

    pair.ends[1].data_received(both)

    assert pair.seen[1].frames == [b"one"]


async def test_who_has_another_key_is_not_listened_to() -> None:
    pair = Pair(KeyRing(["another key of this length"]))

    await pair.turn()
    pair.ends[1].connection_lost(None)

    assert pair.lines[1].aborted
    assert pair.seen[1].reasons == ["key"]
    assert pair.ends[1].over


async def test_a_closed_connection_takes_nothing_any_more() -> None:
    pair = Pair()
    await pair.turn()

    pair.ends[0].send(b"never")
    pair.ends[0].close("idle")
    pair.ends[0].close("again")
    await pair.turn()
    pair.ends[0].connection_lost(None)

    assert pair.seen[1].frames == []
    assert pair.seen[0].reasons == ["idle"]


async def test_a_connection_given_up_before_it_was_made_is_ended_at_once() -> None:
    wire = Wire(SealedStream.dial(RING, Party(NodeId(1)), Purpose.CONTROL), Witness(), 0)
    line = Line()

    wire.close()
    wire.connection_made(line)

    assert line.aborted
    assert line.written == []


async def test_a_real_connection_is_told_not_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(SealedStream.dial(RING, Party(NodeId(1)), Purpose.CONTROL), Witness(), 0)

    with socket.socket() as connection:
        wire.connection_made(Line(connection))
        undelayed = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
        wire.connection_made(Line(connection))

    assert undelayed
