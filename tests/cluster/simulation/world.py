"""One run: machines, links, faults, clients and observers, from one seed; and what has to be true at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import NodeConfig
from apps.cluster.core.raft import Role
from apps.cluster.core.slots import SLOTS
from tests.cluster.simulation.chatter import Chatter
from tests.cluster.simulation.clients import Clients
from tests.cluster.simulation.faults import Faults
from tests.cluster.simulation.histories import SlotHistory
from tests.cluster.simulation.host import Host
from tests.cluster.simulation.kernel import Kernel, Violation
from tests.cluster.simulation.network import Network
from tests.cluster.simulation.observer import Observer
from tests.cluster.simulation.plan import SECOND, Plan, draw, node_config
from tests.cluster.simulation.wires import Wires

POWER_LOSS = 0.5
"""How many of the crashes take the whole machine, so that its peers are not told by its system."""
HOSTS_MAX = 8
"""Machines of one run; further joins do nothing."""
RESTART_US = 2 * SECOND
"""Within so long after it went down a machine is started again."""
POLL_US = SECOND // 4
SETTLE_US = 3 * SECOND
"""After healing: until every message that still waits for an owner has arrived, or its loss was told."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to."""

    seed: int
    hash: int
    events: int
    healed_after_ms: int
    commits: int
    operations: int


class World:
    """Everything of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.kernel = Kernel(seed)
        self.plan: Plan = draw(self.kernel.rng)
        self.network = Network(self.kernel)
        self.hosts: list[Host] = []
        self.observer = Observer(self)
        self.clients = Clients(self)
        self.faults = Faults(self)
        self.wires = Wires(self)
        self.chatter = Chatter(self)
        self.slots = SlotHistory(self)
        self.healed = False
        self.gone: set[NodeId] = set()
        """Nodes that an operator has removed; they stay down."""
        self._by_node: dict[NodeId, Host] = {}
        self._by_address: dict[tuple[str, int], Host] = {}

    def run(self) -> Result:
        """Live through the plan. Raises Violation."""
        plan, kernel = self.plan, self.kernel
        kernel.note("plan", plan)
        for _ in range(plan.founders):
            self.add_host(joins=False)
        for _ in range(plan.joiners):
            kernel.at(kernel.rng.randrange(plan.calm_us + plan.faults_us), self._join)
        self.clients.begin()
        self.faults.schedule(plan.calm_us, plan.faults_us, plan.faults)
        kernel.run(plan.calm_us + plan.faults_us)
        self._heal()
        healed_us = kernel.now_us
        reason = "nothing yet"
        while reason:
            if kernel.now_us > healed_us + plan.heal_us:
                raise Violation(f"{plan.heal_us / SECOND:.0f} s after healing: {reason}")
            kernel.run(kernel.now_us + POLL_US)
            reason = self.unhealthy()
        kernel.run(max(kernel.now_us, healed_us + SETTLE_US))
        self.observer.finish()
        self.clients.finish()
        self.slots.finish()
        self.chatter.finish()
        return Result(
            seed=self.seed,
            hash=kernel.hash,
            events=kernel.events,
            healed_after_ms=(kernel.now_us - healed_us) // 1_000,
            commits=len(self.observer.committed),
            operations=self.clients.operations,
        )

    def add_host(self, *, joins: bool) -> None:
        if len(self.hosts) >= HOSTS_MAX:
            return
        host = Host(self, len(self.hosts) + 1, joins=joins)
        self.hosts.append(host)
        self._by_node[host.node] = host
        self._by_address[host.address] = host
        self.kernel.after(self.kernel.rng.randrange(SECOND // 2), self._start, host)

    def node_config(self, host: Host) -> NodeConfig:
        expect = 0 if host.joins else self.plan.founders
        return node_config(self.plan, host.node, host.number, expect)

    def seeds_for(self, host: Host) -> list[tuple[str, int]]:
        """The addresses a node is told: those of the founders, but its own."""
        return [h.address for h in self.hosts[: self.plan.founders] if h is not host]

    def host_of(self, node: NodeId) -> Host | None:
        return self._by_node.get(node)

    def send(self, source: Host, target: Host | None, event: str, *args: Any) -> None:
        """Put a packet on the link to a machine, if there is one at that address."""
        if target is not None:
            self.network.carry(source.number, target.number, self._arrive, target, event, source.node, args)

    def host_at(self, address: tuple[str, int]) -> Host | None:
        return self._by_address.get(address)

    def known_host(self, node: NodeId) -> Host:
        return self._by_node[node]

    def ended(self, host: Host) -> None:
        """A process is gone; something starts it again, unless it was removed."""
        self.wires.lose(host, silently=self.kernel.rng.random() < POWER_LOSS)
        if host.stopped == "removed":
            self.gone.add(host.node)
        else:
            self.kernel.after(self.kernel.rng.randrange(RESTART_US), self._start, host)

    def unhealthy(self) -> str:
        """Why the cluster is not as it should be, or an empty string."""
        up = [host for host in self.hosts if host.node not in self.gone]
        views = [host.view for host in up if host.alive and host.view is not None]
        if len(views) < len(up):
            return f"{len(up) - len(views)} nodes belong to no cluster"
        leaders = [view for view in views if view.role is Role.LEADER]
        if len(leaders) != 1 or any(view.leader != leaders[0].node for view in views):
            return f"leaders: {[(v.node, v.leader, v.term) for v in views]}"
        ids = {host.node for host in up}
        for view in views:
            if not ids <= set(view.members):
                return f"{view.node} knows only {sorted(view.members)}"
            quiet = [n for n in sorted(ids) if view.statuses.get(n) is not Status.ALIVE]
            if quiet:
                return f"{view.node} does not believe {quiet} alive"
        served = sum(self.observer.served(host) for host in up)
        if served != SLOTS:
            return f"{served} slots are served"
        return self.clients.unhealthy()

    def _join(self) -> None:
        self.add_host(joins=True)

    def _start(self, host: Host) -> None:
        if not host.alive and host.node not in self.gone:
            host.start()

    def _heal(self) -> None:
        self.kernel.note("heal")
        self.healed = True
        self.network.heal()
        for host in self.hosts:
            host.heal()
        self.clients.heal()

    @staticmethod
    def _arrive(target: Host, event: str, sender: NodeId, args: tuple[Any, ...]) -> None:
        target.post(event, sender, *args)


def simulate(seed: int) -> Result:
    """Run one seed. Raises Violation with the story and the command that replays it."""
    world = World(seed)
    try:
        return world.run()
    except Exception as violation:
        raise Violation(
            f"seed {seed}: {type(violation).__name__}: {violation}\nlast events:\n{world.kernel.story()}\n"
            f"replay: python -m tests.cluster.simulation --start {seed} --seeds 1"
        ) from violation
