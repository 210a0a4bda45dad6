"""Batches are arrays of declared frames; anything else is refused."""

import msgspec
import pytest

from apps.cluster.core.routing.frames import (
    Announce,
    AnyFrame,
    BatchRefused,
    Deliver,
    Gap,
    Heard,
    Put,
    Route,
    decode_batch,
    encode_frame,
)
from apps.cluster.core.routing.outbox import HEADER, Outbox

FRAMES: list[AnyFrame] = [
    Route(3, 1, 20, ("user.1", "user.2"), b"\x00payload"),
    Deliver(3, ("user.1",), b"payload"),
    Announce(1, 3, ("a",), ("b",), complete=True),
    Gap((), 10),
    Heard(1, 2, 3),
    Put(3, 0, 0, "room", 5, b"payload"),  # type: ignore[arg-type]  # a plain number is a node's id on the wire
]


def batch_of(frames: list[AnyFrame]) -> bytes:
    outbox = Outbox(1 << 20, 1 << 20)
    for frame in frames:
        outbox.append(encode_frame(frame))
    batch = outbox.take()
    assert batch is not None
    return batch


def test_what_was_written_is_read() -> None:
    assert decode_batch(batch_of(FRAMES)) == FRAMES


DEEP = 100_000
"""Deeper than any stack: whoever followed such input down to its end would not come back."""


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\x92\xa1k",
        b"\x93\xa1k\x01",
        b"\x94\xa1d\x01\x91",
        b"\x94\xa1d\x01\x90",
        b"\x92\xa1z",
        b"\x92\xc7\x01\x05\x00",
    ],
    ids=["tag", "number", "undeclared field", "group", "payload", "unknown tag", "extension"],
)
@pytest.mark.parametrize("level", [b"\x91", b"\x81\xa1k", b"\xdd\x00\x00\x00\x01"], ids=["array", "map", "long array"])
def test_nothing_is_read_deeper_than_frames_go(before: bytes, level: bytes) -> None:
    with pytest.raises(BatchRefused):
        decode_batch(b"\x91" + before + level * DEEP + b"\xc0")


@pytest.mark.parametrize(
    "batch",
    [
        b"",
        b"\xc1",
        HEADER[:3],
        batch_of(FRAMES)[:-1],
        batch_of(FRAMES) + b"\x00",
        msgspec.msgpack.encode([["r", 1, 1, 1, ["g"]]]),
        msgspec.msgpack.encode([["r", 1, 1, 1, ["g"], b"", "more"]]),
        msgspec.msgpack.encode([["z", 1]]),
        msgspec.msgpack.encode([["h", -1, 0, 0]]),
        msgspec.msgpack.encode([["d", 1, ["x" * 101], b""]]),
        msgspec.msgpack.encode({"r": 1}),
        b"\x91" * 10_000,
        b"\x91\x96\xa1d\x01\x91\xa2\xff\xff\xc4\x00",
    ],
)
def test_anything_else_is_refused(batch: bytes) -> None:
    with pytest.raises(BatchRefused):
        decode_batch(batch)
