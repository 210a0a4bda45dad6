"""Whatever happens to tables, leases and links: a send arrives at most once, and is missed only with a notice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import RoutingConfig
from apps.cluster.core.slots import SlotTable, slot_of
from tests.cluster.core.routing.network import FOREVER_MS, Network, assigned, released

CONFIG = RoutingConfig(
    parked_ms=400,
    silent_ms=500,
    keepalive_ms=150,
    ack_ms=50,
    gap_margin_ms=1_100,
    gap_repeat_ms=300,
    gap_repeat_max_ms=600,
    join_wait_ms=200,
    batch_bytes=200,
    peer_bytes=4_000,
    parked_bytes=8_000,
    gap_groups=3,
    announce_groups=2,
)
GROUPS = tuple(f"user.{number}" for number in range(8))
SEEDS = range(120)


class Run:
    """A random run: by its seed with or without cut links, lapsing leases and tight bounds.

    The control plane of the test moves slots in two steps, and never lets two nodes serve one.
    """

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.cuts, self.lapses = seed % 2, seed // 2 % 2
        config = CONFIG if self.cuts else replace(CONFIG, silent_ms=FOREVER_MS)
        if seed // 4 % 2:
            config = replace(config, peer_bytes=FOREVER_MS, parked_bytes=FOREVER_MS, gap_groups=100)
        self.network = Network(self.rng.choice([2, 3, 4]), config, self.rng)
        self.tables = [SlotTable()]
        self.applied = dict.fromkeys(self.network.nodes, 0)
        self.members: dict[tuple[NodeId, str], int] = {}
        self.pending: dict[tuple[NodeId, str], int] = {}
        self.sends: list[tuple[int, tuple[str, ...], dict[tuple[NodeId, str], int]]] = []
        self.fences = dict.fromkeys(self.network.nodes, 0)
        self.network.serve()
        if not self.cuts:
            self.network.connect_all()

    def step(self) -> None:
        actions: list[tuple[int, Callable[[], None]]] = [
            (30, self.deliver),
            (12, self.send),
            (10, self.join),
            (3, self.leave),
            (20, self.pass_time),
            (4, self.change_table),
            (10, self.apply_table),
            (3, self.connect),
            (2 * self.cuts, self.cut),
            (2 * self.lapses, self.lapse),
        ]
        weights = [weight for weight, _ in actions]
        self.rng.choices([action for _, action in actions], weights)[0]()
        for node in self.network.nodes:
            if self.rng.random() < 0.7:
                self.network.write(node)
            for group in self.network.confirmed.pop(node, []):
                self.confirm(node, group)

    def confirm(self, node: NodeId, group: str) -> None:
        if (node, group) in self.pending:
            self.members[node, group] = self.pending.pop((node, group))

    def some_node(self) -> NodeId:
        return self.rng.choice(self.network.nodes)

    def deliver(self) -> None:
        if self.network.links:
            self.network.deliver_one(*self.rng.choice(list(self.network.links)))

    def pass_time(self) -> None:
        self.network.now_ms += self.rng.choice([0, 1, 20, 60])
        self.network.tick(self.some_node())
        for node, group in [key for key, since in self.pending.items() if self.network.now_ms - since > 200]:
            self.members[node, group] = self.pending.pop((node, group))  # its joiner waits no longer

    def join(self) -> None:
        node, group = self.some_node(), self.rng.choice(GROUPS)
        if (node, group) in self.members or (node, group) in self.pending:
            return
        self.pending[node, group] = self.network.now_ms
        if self.network.join(node, group):
            self.confirm(node, group)

    def leave(self) -> None:
        node, group = self.some_node(), self.rng.choice(GROUPS)
        self.network.routers[node].leave(group)
        self.members.pop((node, group), None)
        self.pending.pop((node, group), None)
        for _, _, expected in self.sends:
            expected.pop((node, group), None)

    def send(self) -> None:
        groups = tuple(self.rng.sample(GROUPS, self.rng.choice([1, 1, 2, 4])))
        expected = {key: since for key, since in self.members.items() if key[1] in groups}
        self.sends.append((self.network.now_ms, groups, expected))
        self.network.send(self.some_node(), groups, b"%d" % (len(self.sends) - 1) + b" " * self.rng.choice([0, 300]))

    def change_table(self) -> None:
        table = self.tables[-1]
        part = self.rng.choice(table.ranges)
        epoch = len(self.tables)
        if part.owner:
            self.tables.append(released(table, epoch, (part.first, part.last)))
        elif self.is_free(part.previous, part.epoch):
            middle = (part.first + part.last) // 2
            spans = [(part.first, middle, self.some_node()), (middle + 1, part.last, self.some_node())]
            wide = part.last > part.first + 2_000
            chosen = spans if wide else [(part.first, part.last, self.some_node())]
            self.tables.append(assigned(table, epoch, *chosen))

    def is_free(self, previous: NodeId, epoch: int) -> bool:
        """The former owner has applied the release, or its lease has run out and needs the release to run again."""
        if previous and self.applied[previous] < epoch:
            self.network.serve(previous, until_ms=0)
            self.fences[previous] = epoch
        return True

    def apply_table(self) -> None:
        node = self.some_node()
        if self.applied[node] < len(self.tables) - 1:
            self.applied[node] += 1
            self.network.view(self.tables[self.applied[node]], node)

    def lapse(self) -> None:
        node = self.some_node()
        if self.applied[node] >= self.fences[node]:
            self.network.serve(node, until_ms=self.rng.choice([0, FOREVER_MS, FOREVER_MS, self.network.now_ms + 200]))

    def connect(self) -> None:
        one, other = sorted(self.rng.sample(self.network.nodes, 2))
        if (one, other) not in self.network.links:
            self.network.connect(one, other)

    def cut(self) -> None:
        if self.network.links:
            self.network.cut(*self.rng.choice(list(self.network.links)))

    def heal(self) -> None:
        """At last everybody knows the newest table, serves, and reaches everybody."""
        for node in self.network.nodes:
            for index in range(self.applied[node] + 1, len(self.tables)):
                self.network.view(self.tables[index], node)
        self.network.serve()
        self.network.connect_all()
        self.network.pass_time(2_000)

    def check(self) -> None:
        for node in self.network.nodes:
            copies = Counter(
                (int(payload), group) for groups, payload in self.network.delivered[node] for group in groups
            )
            assert not [what for what, count in copies.items() if count > 1], f"node {node} got something twice"
            for number, (sent_ms, _, expected) in enumerate(self.sends):
                for member, group in expected:
                    if member == node and not copies[number, group]:
                        assert self.was_told(node, group, sent_ms), f"node {node} missed send {number} to {group}"

    def was_told(self, node: NodeId, group: str, sent_ms: int) -> bool:
        return any(
            since_ms <= sent_ms <= told_ms and (groups is None or group in groups)
            for told_ms, groups, since_ms in self.network.gaps[node]
        )


@pytest.mark.parametrize("shard", range(5))
def test_at_most_once_and_never_missed_without_a_notice(shard: int) -> None:
    for seed in list(SEEDS)[shard::5]:
        run = Run(seed)
        for _ in range(300):
            run.step()
        run.heal()

        run.check()


@pytest.mark.parametrize("seed", range(40))
def test_without_faults_nothing_is_lost_and_nobody_is_alarmed(seed: int) -> None:
    run = Run(seed)
    run.network.connect_all()
    run.tables.append(
        assigned(SlotTable(), 1, *((slot_of(group), slot_of(group), run.some_node()) for group in GROUPS))
    )
    run.network.view(run.tables[-1])
    run.applied = dict.fromkeys(run.network.nodes, 1)
    run.network.pass_time(500)
    run.network.gaps.clear()
    for _ in range(40):
        run.rng.choice([run.join, run.join, run.send, run.leave])()
        run.network.settle()
        for node in run.network.nodes:
            for group in run.network.confirmed.pop(node, []):
                run.confirm(node, group)

    run.network.pass_time(1_000)

    run.check()
    assert not any(run.network.gaps.values())
