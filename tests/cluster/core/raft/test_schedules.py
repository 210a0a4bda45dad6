"""Safety under random schedules: loss, doubling, reordering, crashes before and after the disk, cuts, slow clocks.

`Network` asserts what must hold at every step; here is only chance, from a seed. The simulation of whole nodes does the
same with everything else around; this one is quick and finds faults of the log alone.
"""

import random

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Change, ChangeKind, ProposalRefused, Role
from tests.cluster.core.raft.network import BLANK, Network, founding

STEPS = 1_500


class Schedule:
    """One run."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.network = Network()
        voters = list(range(1, self.rng.choice([2, 3, 3, 3, 4, 5]) + 1))
        for number in voters:
            self._join(number, founded=voters)
        self.extra = max(voters)
        self.proposals = 0

    def _join(self, number: int, founded: list[int]) -> None:
        disk = founding(founded) if founded else BLANK
        self.network.add(number, disk, keep_entries=3, max_append_bytes=40, max_inflight=4)
        node = self.network.nodes[number]
        node.chance = self.rng  # type: ignore[assignment]
        node.rate = 1 + (self.rng.random() - 0.5) * 0.09
        self.network.crash(number)
        self.network.start(number)

    def step(self) -> None:
        """Do one thing."""
        network, rng = self.network, self.rng
        number = rng.choice(list(network.nodes))
        node = network.nodes[number]
        draw = rng.random()
        if node.raft is None:
            if draw < 0.2:
                network.start(number)
        elif draw < 0.55 and network.sent:
            self._move_message()
        elif draw < 0.85:
            network.now_ms += rng.randrange(30)
            self._tick_all()
        elif draw < 0.94:
            self._ask(number)
        else:
            self._break(number)

    def _tick_all(self) -> None:
        for number, node in self.network.nodes.items():
            if node.raft is not None and self.rng.random() < 0.9:
                self.network.tick(number)

    def _move_message(self) -> None:
        sent, rng = self.network.sent, self.rng
        for _ in range(rng.randrange(1, 2 * len(sent) + 1)):
            if not sent:
                return
            position = 0 if rng.random() < 0.7 else rng.randrange(len(sent))
            draw = rng.random()
            if draw < 0.05:
                sent.pop(position)
            elif draw < 0.10:
                sent.append(sent[position])
            else:
                self.network.deliver(position)

    def _ask(self, number: int) -> None:
        raft, rng, now_ms = self.network.raft(number), self.rng, self.network.clock(number)
        draw = rng.random()
        try:
            if draw < 0.5:
                self.proposals += 1
                raft.propose(f"p{self.proposals}".encode(), now_ms)
            elif draw < 0.6:
                self.network.read(number, rng.getrandbits(30))
            elif draw < 0.9:
                kind = rng.choice(list(ChangeKind))
                raft.change(Change(kind, NodeId(rng.choice(list(self.network.nodes)))), now_ms)
            else:
                raft.transfer(NodeId(rng.choice(list(self.network.nodes))), now_ms)
        except ProposalRefused:
            pass
        self.network.pump(number)

    def _break(self, number: int) -> None:
        network, rng = self.network, self.rng
        draw = rng.random()
        if draw < 0.25:
            self._crash(number)
        elif draw < 0.45:
            other = rng.choice(list(network.nodes))
            network.cut.add((number, other))
        elif draw < 0.75:
            network.cut.clear()
        elif draw < 0.9 and network.nodes[number].applied:
            self._compact(number)
        elif self.extra < 6:
            self.extra += 1
            self._join(self.extra, founded=[])

    def _crash(self, number: int) -> None:
        raft = self.network.raft(number)
        ready = None
        if self.rng.random() < 0.5:
            self.network.nodes[number].held = True
            raft.tick(self.network.clock(number))
            ready = raft.ready(self.network.clock(number))
            self.network.nodes[number].held = False
        if ready is not None and self.rng.random() < 0.5:
            self.network.save(number, ready)
        self.network.crash(number)

    def _compact(self, number: int) -> None:
        raft, disk = self.network.raft(number), self.network.nodes[number].disk
        if any(entry.index == raft.applied for entry in disk.entries):
            self.network.compact(number)

    def heal(self) -> None:
        """Let everything work, and time pass."""
        self.network.cut.clear()
        for number, node in self.network.nodes.items():
            if node.raft is None:
                self.network.start(number)
        self.network.run(6_000)


@pytest.mark.parametrize("seed", range(60))
def test_random_schedules_keep_every_promise_and_end_in_agreement(seed: int) -> None:
    schedule = Schedule(seed)

    for _ in range(STEPS):
        schedule.step()
    schedule.heal()

    rafts = [node.raft for node in schedule.network.nodes.values() if node.raft is not None]
    leader = max((raft for raft in rafts if raft.role is Role.LEADER), key=lambda raft: raft.term)
    members = [schedule.network.raft(number) for number in leader.membership.members]
    assert {raft.applied for raft in members} == {leader.last_index}
    assert all(schedule.network.clock(n) < schedule.network.raft(n).lease_until_ms for n in leader.membership.members)
