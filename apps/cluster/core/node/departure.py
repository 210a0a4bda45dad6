"""A node that goes: in what order it gives up its slots, its office and its place in gossip. Bounded in time."""

from dataclasses import dataclass
from enum import Enum, auto

LINGER_MS = 600
"""How long a node that said goodbye stays, so that gossip and its last answers get around."""


class Step(Enum):
    """What the node that leaves does now."""

    EMPTY = auto()
    HAND_OVER = auto()
    FAREWELL = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Situation:
    """What still holds the node."""

    alone: bool
    slots: int
    leads: bool


class Departure:
    """Goes forward only; at `stop_ms` it goes without waiting any longer."""

    def __init__(self, stop_ms: int, now_ms: int) -> None:
        self._deadline_ms = now_ms + stop_ms
        self._farewell_ms: int | None = None

    @property
    def deadline_ms(self) -> int:
        """When `step` is wanted at the latest."""
        return self._deadline_ms if self._farewell_ms is None else self._farewell_ms + LINGER_MS

    def step(self, situation: Situation, now_ms: int) -> Step:
        """Return what to do now."""
        if self._farewell_ms is not None:
            return Step.GONE if now_ms >= self._farewell_ms + LINGER_MS else Step.FAREWELL
        if situation.alone:
            return Step.GONE
        if now_ms < self._deadline_ms:
            if situation.slots:
                return Step.EMPTY
            if situation.leads:
                return Step.HAND_OVER
        self._farewell_ms = now_ms
        return Step.FAREWELL
