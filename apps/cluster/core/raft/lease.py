"""Serving leases (ADR 8): who may serve, until when, without a message of their own. Both ends of the promise.

A heartbeat carries a round, a member answers with it. When a round begins, the leader notes which round each member has
answered last; when a majority has answered it, every member is granted what was noted. A lease runs from the moment the
member sent that answer.

Why no lease outlives an election that was not forced: the answers to round *q* were sent after the leader had the
answers noted for *q*, so every voter of that majority heard from the leader after the lease it proves had begun. None
of them votes for `election_ms` after that, whatever happens to it meanwhile (a restart counts as having heard), and one
of them is needed by whoever wins. `lease_ms * (1 + 2 * drift) <= election_ms` covers clocks of different rates. Changes
of the membership keep this: majorities of neighbouring steps intersect, and the second of two steps can only be decided
by appends that came later, and those count as hearing, too.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.cluster.core.ids import NodeId

ROUNDS_MAX = 128
"""Rounds a member or a leader remembers, more than begin in the time of a lease; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A lease until `until_ms` that counts once `fence` is applied."""

    until_ms: int
    fence: int


class LeaseHolder:
    """This node's own lease, whatever its role. Survives a change of leaders: what was granted stays granted."""

    def __init__(self, lease_ms: int) -> None:
        self._lease_ms = lease_ms
        self._term = 0
        self._answers: deque[tuple[int, int]] = deque(maxlen=ROUNDS_MAX)
        self._granted_round = 0
        self._grants: deque[Granted] = deque(maxlen=ROUNDS_MAX)

    def answer(self, term: int, number: int, now_ms: int) -> None:
        """A round of this term is answered now. Of a repeated one the first answer counts: it may be the noted one."""
        if term != self._term:
            self._term, self._granted_round = term, 0
            self._answers.clear()
        if not self._answers or number > self._answers[-1][0]:
            self._answers.append((number, now_ms))

    def grant(self, term: int, number: int, fence: int) -> None:
        """The leader of this term has proved that it still was one after it had the answer to this round."""
        if term != self._term or number <= self._granted_round:
            return
        while self._answers and self._answers[0][0] < number:
            self._answers.popleft()
        if self._answers and self._answers[0][0] == number:
            self._granted_round = number
            self._grants.append(Granted(self._answers[0][1] + self._lease_ms, fence))

    def current(self, applied: int) -> Granted | None:
        """Return the lease that counts for a node that has applied this far; later ones wait for their fence."""
        fulfilled = [position for position, grant in enumerate(self._grants) if grant.fence <= applied]
        if not fulfilled:
            return None
        for _ in range(fulfilled[-1]):
            self._grants.popleft()
        return self._grants[0]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of heartbeats: when it began, and per member the last answer that was there then (round, its time)."""

    number: int
    begun_ms: int
    noted: Mapping[NodeId, tuple[int, int]]


class LeaseGiver:
    """A leader's rounds, and how long the leases it has granted may last. Made anew in each term."""

    def __init__(self, wait_ms: int, now_ms: int, *, forced: bool) -> None:
        """`wait_ms`: a lease on any clock. After a forced election those of the leader before may still run."""
        self.number = 0
        self.begun_ms = now_ms
        self._wait_ms = wait_ms
        self._first_bound_ms = now_ms + wait_ms if forced else now_ms
        self._answers: dict[NodeId, tuple[int, int]] = {}
        self._rounds: deque[Round] = deque(maxlen=ROUNDS_MAX)
        self._granted: dict[NodeId, tuple[int, int]] = {}

    def begin(self, node: NodeId, now_ms: int) -> int:
        """Begin a round; the leader has answered it by beginning it. Returns its number."""
        self.number += 1
        self.begun_ms = now_ms
        self._answers[node] = (self.number, now_ms)
        self._rounds.append(Round(self.number, now_ms, self._answers.copy()))
        return self.number

    def answered(self, node: NodeId, number: int, now_ms: int) -> bool:
        """A member has answered. Returns whether that is news."""
        if not self.answer_of(node) < number <= self.number:
            return False
        self._answers[node] = (number, now_ms)
        return True

    def answer_of(self, node: NodeId) -> int:
        """Return the last round a member has answered."""
        return self._answers.get(node, (0, 0))[0]

    def prove(self, number: int, members: Iterable[NodeId]) -> None:
        """A majority has answered this round: grant what was noted when the newest such round began."""
        proved = None
        while self._rounds and self._rounds[0].number <= number:
            proved = self._rounds.popleft()
        if proved is not None:
            self._granted.update((node, proved.noted[node]) for node in members if node in proved.noted)

    def granted_to(self, node: NodeId) -> int:
        """Return the round a member's lease runs from; 0: it has none of this leader."""
        return self._granted.get(node, (0, 0))[0]

    def bound_ms(self, node: NodeId) -> int:
        """Return from when on, by this leader's clock, no lease of that node is valid."""
        granted = self._granted.get(node)
        return self._first_bound_ms if granted is None else max(self._first_bound_ms, granted[1] + self._wait_ms)
