"""What was asked, answered and seen, in true time, as histories that have to be linearizable."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from apps.cluster.core.slots import SlotTable
from apps.cluster.core.state import AcquireLease, AssignSlots, Command, Lease, ReleaseLease, ReleaseSlots, RenewLease
from tests.cluster import linearizability
from tests.cluster.linearizability import (
    NEVER_MS,
    UNKNOWN,
    Acquire,
    Assign,
    LeaseModel,
    NotLinearizable,
    Read,
    Release,
    Renew,
    SlotModel,
    Take,
)
from tests.cluster.simulation.kernel import Violation

if TYPE_CHECKING:
    from tests.cluster.simulation.world import World

State = TypeVar("State", bound=Hashable)

WATCHED = (0, 5_461, 16_383)
"""Slots whose owners are read: the ends, and one near a border."""
REFUSALS = {"lease_held": None, "lease_lost": False}
"""What a refusal says of the lease. Other codes say nothing of it, and certainly nothing was done."""
STATES_MAX = 100_000


@dataclass(slots=True)
class Operation:
    """One thing asked, by true time; `done_us` stays None as long as nobody knows what became of it."""

    client: int
    host: int
    command: Command | None
    begun_us: int
    done_us: int | None = None
    key: str = ""
    """Which lease is looked at, or was asked about."""
    result: object = None
    code: str = ""


def check_leases(history: Iterable[Operation]) -> None:
    """Raises Violation when no order of the operations explains what was answered."""
    translated = [found for operation in history if (found := _translated(operation)) is not None]
    _check(translated, LeaseModel())


class SlotHistory:
    """What the log decided about some slots, and what readers saw of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._operations: list[linearizability.Operation] = []

    def decided(self, command: Command, table: SlotTable, index: int, proposed_us: int) -> None:
        """An entry about slots was applied somewhere for the first time; `table` is the one after it."""
        for slot in WATCHED:
            part = table.range_of(slot)
            if part.epoch == index and isinstance(command, AssignSlots | ReleaseSlots):
                action = Assign(part.owner) if isinstance(command, AssignSlots) else Take(command.owner)
                self._add(slot, action, index, proposed_us)

    def looked(self, table: SlotTable, begun_us: int) -> None:
        """A read was answered, and this is the table then."""
        for slot in WATCHED:
            part = table.range_of(slot)
            if part.epoch:
                self._add(slot, Read(), (part.owner, part.epoch), begun_us)

    def finish(self) -> None:
        """Raises Violation when no order explains it."""
        _check(self._operations, SlotModel())

    def _add(self, slot: int, action: object, result: object, begun_us: int) -> None:
        now_ms = -(-self._world.kernel.now_us // 1_000)
        self._operations.append(
            linearizability.Operation(f"slot {slot}", "", action, result, begun_us // 1_000, now_ms)
        )


def _check(history: list[linearizability.Operation], model: linearizability.Model[State]) -> None:
    try:
        linearizability.check(history, model, STATES_MAX)
    except NotLinearizable as found:
        raise Violation(f"not linearizable: {found}") from found


def _translated(operation: Operation) -> linearizability.Operation | None:
    action = _action(operation.command)
    if action is None or operation.code not in {"", *REFUSALS, "timeout", "unknown"}:
        return None
    done = operation.done_us is not None
    return linearizability.Operation(
        operation.key,
        f"c{operation.client} at n{operation.host}",
        action,
        _result(operation) if done else UNKNOWN,
        operation.begun_us // 1_000,
        -(-operation.done_us // 1_000) if operation.done_us is not None else NEVER_MS,
    )


def _action(command: Command | None) -> object:
    match command:
        case None:
            return Read()
        case AcquireLease(_, holder, ttl_ms, nonce):
            return Acquire(holder, nonce, ttl_ms)
        case RenewLease(_, token, ttl_ms):
            return Renew(token, ttl_ms)
        case ReleaseLease(_, token):
            return Release(token)
    return None


def _result(operation: Operation) -> object:
    if operation.code:
        return REFUSALS[operation.code]
    if isinstance(operation.command, AcquireLease) or operation.command is None:
        return operation.result.token if isinstance(operation.result, Lease) else 0
    return True
