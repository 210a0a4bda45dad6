"""What the coordinator and its processes say to each other over pipes: four bytes of length, then MessagePack.

Pure. Both ends are of one version, so nothing here is kept compatible.
"""

import struct
from typing import Final, Literal

import msgspec

from apps.loadtest.histogram import Histogram
from apps.loadtest.ledger import RoomReport
from apps.loadtest.plan import WorkerPlan

LENGTH: Final = struct.Struct("!I")
PlainHistogram = tuple[list[tuple[int, int]], int, int]


class Order(msgspec.Struct, tag_field="op", frozen=True):
    """Base of what the coordinator says."""


class Begin(Order, tag="begin", frozen=True):
    """First order: the plan. Answered by `done` when the process is ready."""

    plan: WorkerPlan


class Connect(Order, tag="connect", frozen=True):
    """Sign everybody in. Answered by `done` when everybody is, or when nobody new came for `patience_s`."""

    patience_s: float


class Probe(Order, tag="probe", frozen=True):
    """Find out where the logs of all conversations begin. Answered by `done`, after `patience_s` at the latest."""

    patience_s: float


class Talk(Order, tag="talk", frozen=True):
    """Traffic at `load` times the planned rates, 0 to stop. What was before it is told first, under its own phase."""

    load: float
    phase: str


class Disturb(Order, tag="disturb", frozen=True):
    """Break connections, or have sessions read nothing for a while."""

    kind: Literal["drop", "stop_reading"]
    share: float
    for_s: float


class Quiet(Order, tag="quiet", frozen=True):
    """Wait for the acks of all messages. Answered by `done`, after `patience_s` at the latest."""

    patience_s: float


class Settle(Order, tag="settle", frozen=True):
    """Fetch what was not pushed. Answered by `findings`, after `patience_s` at the latest."""

    patience_s: float


class Close(Order, tag="close", frozen=True):
    """Close all connections and end."""


Orders = Begin | Connect | Probe | Talk | Disturb | Quiet | Settle | Close


class Word(msgspec.Struct, tag_field="op", frozen=True):
    """Base of what a process says."""


class Done(Word, tag="done", frozen=True):
    """An order is carried out."""


class Snapshot(Word, tag="snapshot", frozen=True):
    """What happened since the last one. `open`: sessions signed in now; counts and histograms by name."""

    number: int
    phase: str
    open: int
    waiting: int
    counts: dict[str, int]
    histograms: dict[str, PlainHistogram]


class Findings(Word, tag="findings", frozen=True):
    """What the members of each conversation have at the end."""

    rooms: list[RoomReport]


class Failed(Word, tag="failed", frozen=True):
    """The process cannot go on."""

    reason: str


Words = Done | Snapshot | Findings | Failed
_ENCODER: Final = msgspec.msgpack.Encoder()
_ORDERS: Final[msgspec.msgpack.Decoder[Orders]] = msgspec.msgpack.Decoder(Orders)
_WORDS: Final[msgspec.msgpack.Decoder[Words]] = msgspec.msgpack.Decoder(Words)


def packed(message: Orders | Words) -> bytes:
    """Return a message as it goes over the pipe."""
    body = _ENCODER.encode(message)
    return LENGTH.pack(len(body)) + body


def read_order(body: bytes) -> Orders:
    """Return what the coordinator said."""
    return _ORDERS.decode(body)


def read_word(body: bytes) -> Words:
    """Return what a process said."""
    return _WORDS.decode(body)


def plain_histograms(histograms: dict[str, Histogram]) -> dict[str, PlainHistogram]:
    """Return histograms in the form of a snapshot, those without a single duration left out."""
    return {name: histogram.to_plain() for name, histogram in histograms.items() if histogram.count}
