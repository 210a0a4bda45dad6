"""Reads that see everything decided before they were asked, without an entry in the log (thesis §6.4).

A read gets the commit index of the moment a round of heartbeats begins after it was asked, and may be answered when a
majority has answered that round: nobody else was leader then. Many reads share a round: while one is under way for
reads, those that come wait together for the next. Not here: when rounds begin. A leader that has not committed an entry
of its own term does not know what is decided and begins none for reads.
"""

from dataclasses import dataclass

from apps.cluster.core.ids import NodeId


@dataclass(frozen=True, slots=True)
class Read:
    """One question: who asked, and by which number."""

    asker: NodeId
    context: int


class ReadQueue:
    """Bounded by `full`: whoever adds looks first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: list[Read] = []
        self._asked: list[Read] = []
        self._round = 0
        self._index = 0

    @property
    def full(self) -> bool:
        """Whether the next one has to be refused."""
        return len(self._waiting) + len(self._asked) >= self._limit

    @property
    def wants_round(self) -> bool:
        """Whether reads wait, and none are under way."""
        return bool(self._waiting) and not self._asked

    def add(self, asker: NodeId, context: int) -> None:
        """Take a read; it waits for a round."""
        assert not self.full
        self._waiting.append(Read(asker, context))

    def began(self, number: int, commit: int) -> None:
        """A round begins: if none is under way for reads, it is for all that wait."""
        if self.wants_round:
            self._asked, self._waiting = self._waiting, []
            self._round, self._index = number, commit

    def proved(self, number: int) -> tuple[int, list[Read]]:
        """A majority has answered this round: return the reads that may be answered, and their index."""
        if number < self._round:
            return self._index, []
        done, self._asked = self._asked, []
        return self._index, done
