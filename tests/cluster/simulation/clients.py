"""Who uses the cluster meanwhile: holders of leases, an operator, and readers of the slot map. Keeps the histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import Completed, Failed
from apps.cluster.core.state import AcquireLease, Command, Lease, ReleaseLease, RenewLease, Retire, SetDraining
from tests.cluster.simulation.histories import Operation, check_leases

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host
    from tests.cluster.simulation.world import World

CLIENTS = 5
KEYS = ("a", "b")
PAUSE_US = (20_000, 400_000)
"""Between two operations of one client."""
TTLS_MS = (200, 1_000, 3_000)
PATIENCE_US = 6_000_000
"""A client that has heard nothing for so long goes on as another one: nobody knows what became of what it asked."""
PROBE = "probe"
UNDECIDED = frozenset({"timeout", "unknown"})
"""Failures that do not say whether the command was applied."""


class Clients:
    """All of them. Each asks the process of some node, and waits before it asks for more."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.kernel.rng
        self.history: list[Operation] = []
        self._waiting: dict[tuple[tuple[int, int], int], Operation] = {}
        self._open: dict[int, Operation] = {}
        self._held: dict[int, Lease] = {}
        self._nonce = 0
        self._names = CLIENTS
        self._drained: set[NodeId] = set()
        self._retired: set[NodeId] = set()
        self._healed_us: int | None = None
        self._works = False

    @property
    def operations(self) -> int:
        """How many were answered."""
        return sum(operation.done_us is not None for operation in self.history)

    def begin(self) -> None:
        for client in range(CLIENTS):
            self._pause(client)

    def expect(self, host: Host, ticket: int, operation: Operation) -> None:
        """A node has taken a question and will answer under this ticket."""
        self._waiting[host.life_id, ticket] = operation

    def answered(self, host: Host, answer: Completed | Failed) -> None:
        operation = self._waiting.pop((host.life_id, answer.request), None)
        if operation is None:
            return
        decided = isinstance(answer, Completed) or answer.code not in UNDECIDED
        if isinstance(answer, Completed):
            operation.result = self._found(host, operation) if operation.command is None else answer.result
        else:
            operation.code = answer.code
        if decided:
            operation.done_us = self._world.kernel.now_us
        self._world.kernel.note("answer", operation.client, operation.code, operation.result)
        self._remember(operation)

    def lost(self, life_id: tuple[int, int]) -> None:
        """A process has ended: what it was asked is never answered."""
        for key in [key for key in self._waiting if key[0] == life_id]:
            del self._waiting[key]

    def drain(self, host: Host | None, target: Host | None) -> None:
        """An operator lets a node have no more slots, or have some again."""
        if host is not None and target is not None:
            draining = target.node not in self._drained
            (self._drained.add if draining else self._drained.discard)(target.node)
            self._ask(-1, host, SetDraining(target.node, draining))

    def retire(self, host: Host | None, target: Host | None) -> None:
        """An operator removes a node for good; never so many that too few are left, nor the last that all join by."""
        if host is None or target is None:
            return
        left = [h for h in self._world.hosts if h.node not in self._retired]
        founders = {h.node for h in self._world.hosts[: self._world.plan.founders]} - self._retired
        if len(left) > 3 and founders != {target.node}:
            self._retired.add(target.node)
            self._ask(-1, host, Retire(target.node))

    def heal(self) -> None:
        """From now on everything asked has to be answered."""
        self._healed_us = self._world.kernel.now_us

    def unhealthy(self) -> str:
        """Why the cluster does not work for its users, or an empty string. Asks for what is still missing."""
        host = self._somebody()
        if host is None:
            return "nobody is up"
        for node in sorted(self._drained):
            self._ask(-1, host, SetDraining(node, False))
        if self._drained:
            self._drained.clear()
            return "a node is drained"
        if not self._works:
            self._nonce += 1
            self._ask(-2, host, AcquireLease(PROBE, host.node, 1, self._nonce))
            return "no proposal was answered"
        return ""

    def finish(self) -> None:
        """Hold the history of the leases to what it may be."""
        check_leases(self.history)

    def _pause(self, client: int) -> None:
        self._world.kernel.after(self._rng.randrange(*PAUSE_US), self._next, client)

    def _next(self, client: int) -> None:
        operation = self._open.get(client)
        if operation is None:
            host = self._somebody()
            if host is not None:
                self._open[client] = self._ask(client, host, self._choose(client, host))
        elif operation.begun_us + PATIENCE_US < self._world.kernel.now_us:
            del self._open[client]
            self._held.pop(client, None)
            client, self._names = self._names, self._names + 1
        self._pause(client)

    def _choose(self, client: int, host: Host) -> Command | None:
        lease, ttl_ms, dice = self._held.get(client), self._rng.choice(TTLS_MS), self._rng.random()
        if dice < 0.2:
            return None
        if lease is None:
            self._nonce += 1
            return AcquireLease(self._rng.choice(KEYS), host.node, ttl_ms, self._nonce)
        if dice < 0.6:
            return RenewLease(lease.key, lease.token, ttl_ms)
        return ReleaseLease(lease.key, lease.token)

    def _ask(self, client: int, host: Host, command: Command | None) -> Operation:
        key = getattr(command, "key", self._rng.choice(KEYS))
        operation = Operation(client, host.number, command, self._world.kernel.now_us, key=key)
        self.history.append(operation)
        self._world.kernel.note("ask", client, host.number, command)
        host.ask(command, operation)
        return operation

    def _found(self, host: Host, operation: Operation) -> Lease | None:
        """What somebody sees who reads now in this node's state."""
        assert host.machine is not None
        assert host.machine.member is not None
        state = host.machine.member.replica.state
        self._world.slots.looked(state.table, operation.begun_us)
        return state.leases.get(operation.key)

    def _remember(self, operation: Operation) -> None:
        client, command = operation.client, operation.command
        if self._open.get(client) is operation and operation.done_us is not None:
            del self._open[client]
        if isinstance(operation.result, Lease) and command is not None:
            self._held[client] = operation.result
        if operation.code == "lease_lost" or isinstance(command, ReleaseLease):
            self._held.pop(client, None)
        since = self._healed_us
        if client == -2 and since is not None and operation.begun_us >= since and operation.done_us is not None:
            self._works = self._works or operation.code in {"", "lease_held"}

    def _somebody(self) -> Host | None:
        able = [host for host in self._world.hosts if host.can_act]
        return self._rng.choice(able) if able else None
