"""Whether a history could have happened one operation after the other, each somewhere between its call and its return.

Herlihy and Wing's question, answered as Wing and Gong do: try what may have come first, then the rest; Lowe's memory of
(what was done, state) keeps it from trying the same twice. Keys are independent of each other: each is checked alone.
Operations whose outcome nobody learned may have happened at any time after their call, or never.

Two models: the lease on a key, and the owner of a slot. A model may be undecided: `after` gives every state in which an
operation could have left the object. Not here: how histories are recorded.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)

STATES_MAX = 1_000_000
"""Situations looked at for one key; above it the check gives up with `Undecided`, which is no success."""
NEVER_MS: Final = 1 << 62
"""When an operation returned of which nothing was heard."""
UNKNOWN: Final = "unknown"
"""Its result."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one client asked for and got. Times are true time; `result` is UNKNOWN where nobody learned the outcome."""

    key: str
    client: str
    action: object
    result: object
    called_ms: int
    returned_ms: int = NEVER_MS

    def __post_init__(self) -> None:
        assert self.called_ms <= self.returned_ms
        assert (self.result is UNKNOWN) == (self.returned_ms == NEVER_MS), "what returned has a result, and only that"

    def __str__(self) -> str:
        end = "" if self.returned_ms == NEVER_MS else f"{self.returned_ms}"
        return f"[{self.called_ms}..{end}] {self.client}: {self.action} -> {self.result}"


class Model(Protocol[State]):
    """An object as it would be without concurrency. For an operation of which nothing was heard only what it may have
    changed is asked for: that it changed nothing is possible anyway."""

    def first(self) -> State:
        """Return the state before anything has happened."""

    def after(self, state: State, operation: Operation) -> Iterable[State]:
        """Return every state the operation may lead to with the result it had; none: it could not have had it."""


class NotLinearizable(AssertionError):
    """No order explains the history; the message shows how far the best one came."""


class Undecided(Exception):
    """The bound was reached before an answer was found."""


def check(history: Iterable[Operation], model: Model[State], states_max: int = STATES_MAX) -> int:
    """Return how many operations were explained. Raises NotLinearizable or Undecided."""
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        by_key[operation.key].append(operation)
    for key in sorted(by_key):
        _Search(key, by_key[key], model, states_max).run()
    return sum(map(len, by_key.values()))


@dataclass(frozen=True, slots=True)
class _Node(Generic[State]):
    """A beginning of an order: which operations are in it (as bits), and the state they lead to."""

    done: int
    unheard: int
    state: State


class _Search(Generic[State]):
    def __init__(self, key: str, operations: Sequence[Operation], model: Model[State], states_max: int) -> None:
        self._key = key
        ordered = sorted(operations, key=lambda operation: (operation.called_ms, operation.returned_ms))
        self._heard = [operation for operation in ordered if operation.returned_ms != NEVER_MS]
        self._unheard = [operation for operation in ordered if operation.returned_ms == NEVER_MS]
        self._model = model
        self._states_max = states_max

    def run(self) -> None:
        """Go deep first, what was heard of before what was not: then a sound history is explained almost at once."""
        start = _Node(0, 0, self._model.first())
        seen, waiting, best = {start}, [start], start
        everything = (1 << len(self._heard)) - 1
        while waiting:
            node = waiting.pop()
            if node.done == everything:
                return
            best = max(best, node, key=lambda node: node.done.bit_count())
            fresh = [successor for successor in self._successors(node) if successor not in seen]
            seen.update(fresh)
            waiting.extend(reversed(fresh))
            if len(seen) > self._states_max:
                raise Undecided(f"{self._key}: no answer after {len(seen)} situations")
        raise NotLinearizable(self._explain(best))

    def _successors(self, node: _Node[State]) -> Iterator[_Node[State]]:
        candidates, end_ms = self._minimal(node.done)
        for bit, operation in candidates:
            for state in self._model.after(node.state, operation):
                yield _Node(node.done | bit, node.unheard, state)
        for position, operation in enumerate(self._unheard):
            if not node.unheard >> position & 1 and operation.called_ms <= end_ms:
                for state in self._model.after(node.state, operation):
                    yield _Node(node.done, node.unheard | 1 << position, state)

    def _minimal(self, done: int) -> tuple[list[tuple[int, Operation]], int]:
        """Return what may come next, and the earliest return: nothing called after it can come before it."""
        candidates, end_ms = [], NEVER_MS
        position = (~done & (done + 1)).bit_length() - 1
        while position < len(self._heard) and self._heard[position].called_ms <= end_ms:
            if not done >> position & 1:
                operation = self._heard[position]
                candidates.append((1 << position, operation))
                end_ms = min(end_ms, operation.returned_ms)
            position += 1
        return candidates, end_ms

    def _explain(self, best: _Node[State]) -> str:
        left = [operation for position, operation in enumerate(self._heard) if not best.done >> position & 1]
        lines = [f"no order explains what happened to {self._key!r}; the best one ends in {best.state} before"]
        return "\n  ".join(lines + [str(operation) for operation in left[:8]])


@dataclass(frozen=True, slots=True)
class Acquire:
    """Result: the token, or None where somebody else held the lease."""

    holder: int
    nonce: int
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Renew:
    """Result: whether the token was still good."""

    token: int
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Release:
    """Result: whether the token was still good."""

    token: int


@dataclass(frozen=True, slots=True)
class Read:
    """Result: the token of a lease (0: nobody holds it), or the (owner, epoch) of a slot."""


ANY: Final = -1
"""A token or epoch that nobody was told."""


@dataclass(frozen=True, slots=True)
class HeldLease:
    """`token` 0: free. `last`: the highest token known to have been given. It does not run out before `end_ms`."""

    token: int = 0
    holder: int = 0
    nonce: int = 0
    end_ms: int = 0
    last: int = 0


class LeaseModel:
    """The lease on one key, with fencing tokens that grow.

    Leases run out in cluster time, which the checker does not see. What it knows is that cluster time is at most
    `drift` too fast and that an extension cannot have begun before it was asked for; so until then nobody else may
    have it. How much longer it lasts is not judged.
    """

    def __init__(self, drift: float = 0.05) -> None:
        self._drift = drift

    def first(self) -> HeldLease:
        """Nobody holds it."""
        return HeldLease()

    def after(self, state: HeldLease, operation: Operation) -> Iterator[HeldLease]:
        """Try the lease as it is and, if it may have run out by then, as free."""
        yield from self._outcomes(state, operation)
        if state.token and operation.returned_ms >= state.end_ms:
            yield from self._outcomes(HeldLease(last=state.last), operation)

    def _outcomes(self, state: HeldLease, operation: Operation) -> Iterator[HeldLease]:
        match operation.action:
            case Acquire() as action:
                return self._acquire(state, action, operation)
            case Renew(token, ttl_ms):
                extended = replace(state, end_ms=max(state.end_ms, self._end_ms(operation, ttl_ms)))
                return _with_token(state, extended, token, operation.result)
            case Release(token):
                return _with_token(state, HeldLease(last=state.last), token, operation.result)
            case Read() if operation.result is not UNKNOWN:
                return _read(state, operation.result)
            case Read():
                return iter(())  # A look that nobody saw.
        raise TypeError(f"{operation.action} is nothing one does with a lease")

    def _end_ms(self, operation: Operation, ttl_ms: int) -> int:
        return operation.called_ms + int(ttl_ms / (1 + self._drift)) - 1

    def _acquire(self, state: HeldLease, action: Acquire, operation: Operation) -> Iterator[HeldLease]:
        mine = state.token != 0 and (state.holder, state.nonce) == (action.holder, action.nonce)
        result = operation.result
        if result is None:
            if state.token and not mine:
                yield state
        elif mine and result is not UNKNOWN:
            yield from _learned(state, result)
        elif not state.token:
            end_ms = self._end_ms(operation, action.ttl_ms)
            given = HeldLease(ANY, action.holder, action.nonce, end_ms, state.last)
            yield from [given] if result is UNKNOWN else _learned(given, result)


def _learned(state: HeldLease, token: object) -> Iterator[HeldLease]:
    """A token has been seen: it is the one that is held, or the one nobody was told yet."""
    assert isinstance(token, int)
    if state.token == token:
        yield state
    elif state.token == ANY and token > state.last:
        yield replace(state, token=token, last=token)


def _with_token(state: HeldLease, done: HeldLease, token: int, result: object) -> Iterator[HeldLease]:
    """Something was asked with a token: done if that is the one that is held, else refused."""
    held = next(_learned(state, token), None) if state.token else None
    if not result:
        if state.token != token:
            yield state
    elif held is not None:
        yield replace(done, token=token if done.token else 0, last=held.last)


def _read(state: HeldLease, result: object) -> Iterator[HeldLease]:
    if result and state.token:
        yield from _learned(state, result)
    elif not result and not state.token:
        yield state


@dataclass(frozen=True, slots=True)
class Assign:
    """Result: the epoch, or None for a refusal."""

    owner: int


@dataclass(frozen=True, slots=True)
class Take:
    """Take the slot from `owner`. Result: the epoch, or None for a refusal."""

    owner: int


@dataclass(frozen=True, slots=True)
class OwnedSlot:
    """`owner` 0: nobody. `last`: the highest epoch known to have been given."""

    owner: int = 0
    epoch: int = 0
    last: int = 0


class SlotModel:
    """The owner of one slot: given only when free, taken only from its owner, with epochs that grow.

    A refusal is always possible: the leader may have decided on an older table.
    """

    def first(self) -> OwnedSlot:
        """Nobody owns it."""
        return OwnedSlot()

    def after(self, state: OwnedSlot, operation: Operation) -> Iterator[OwnedSlot]:
        """Give, take or look."""
        match operation.action, operation.result:
            case Read(), result:
                yield from _seen(state, result)
            case Assign() | Take(), None:
                yield state
            case Assign(owner), result if state.owner == 0:
                yield from _stamped(OwnedSlot(owner, ANY, state.last), result)
            case Take(owner), result if state.owner == owner:
                yield from _stamped(OwnedSlot(0, ANY, state.last), result)


def _stamped(state: OwnedSlot, epoch: object) -> Iterator[OwnedSlot]:
    if epoch is UNKNOWN:
        yield state
    elif isinstance(epoch, int) and epoch > state.last:
        yield OwnedSlot(state.owner, epoch, epoch)


def _seen(state: OwnedSlot, result: object) -> Iterator[OwnedSlot]:
    if result == (state.owner, state.epoch):
        yield state
    elif isinstance(result, tuple) and state.epoch == ANY and result[0] == state.owner:
        yield from _stamped(state, result[1])
