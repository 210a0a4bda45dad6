"""Sends to groups and their members, on all nodes: nothing may arrive twice, or be missed without a notice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing import Notice
from tests.cluster.simulation.dataplane import CONFIG
from tests.cluster.simulation.kernel import Violation

if TYPE_CHECKING:
    from tests.cluster.simulation.host import Host
    from tests.cluster.simulation.world import World

GROUPS = tuple(f"user.{number}" for number in range(6))
PAUSE_US = (50_000, 400_000)
"""Between two things that the sessions of one node do."""

Member = tuple[int, int]
"""A life of a machine."""


@dataclass(frozen=True, slots=True)
class Send:
    """What was sent, when, and the members that had joined for certain by then."""

    at_us: int
    sender: NodeId
    groups: tuple[str, ...]
    expected: frozenset[tuple[Member, str]]


class Chatter:
    """The sessions of all nodes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.kernel.rng
        self._sends: list[Send] = []
        self._joining: dict[tuple[Member, str], int] = {}
        self._joined: set[tuple[Member, str]] = set()
        self._left: dict[tuple[Member, str], int] = {}
        self._seen: dict[Member, set[tuple[int, str]]] = defaultdict(set)
        self._told: dict[Member, list[tuple[int, int, tuple[str, ...] | None]]] = defaultdict(list)

    def begin(self, host: Host) -> None:
        """A process has started, and sessions come."""
        self._world.kernel.after(self._rng.randrange(*PAUSE_US), self._next, host, host.life_id)

    def confirmed(self, host: Host, group: str) -> None:
        key = (host.life_id, group)
        if self._joining.pop(key, None) is not None:
            self._joined.add(key)

    def delivered(self, host: Host, groups: tuple[str, ...], payload: bytes) -> None:
        number = int(payload)
        for group in groups:
            if (number, group) in self._seen[host.life_id]:
                raise Violation(f"send {number} came to {group} on n{host.number} twice")
            self._seen[host.life_id].add((number, group))

    def told(self, host: Host, notice: Notice) -> None:
        self._told[host.life_id].append((host.true_us(notice.since_ms), self._world.kernel.now_us, notice.groups))

    def finish(self) -> None:
        """Whoever had joined by then, and still is there, has each send or was told that something is missing.

        Not what a node sent that was removed for good: cut off from those who removed it, it may go on for a while.
        """
        alive = {host.life_id for host in self._world.hosts if host.alive}
        for number, send in enumerate(self._sends):
            if send.sender in self._world.gone:
                continue
            for member, group in sorted(send.expected):
                if member not in alive or self._left.get((member, group), send.at_us - 1) >= send.at_us:
                    continue
                if (number, group) not in self._seen[member] and not self._was_told(member, group, send.at_us):
                    raise Violation(f"n{member[0]} missed send {number} to {group} of {send.at_us / 1e6:.3f} s")

    def _was_told(self, member: Member, group: str, at_us: int) -> bool:
        return any(
            since_us <= at_us <= told_us and (groups is None or group in groups)
            for since_us, told_us, groups in self._told[member]
        )

    def _next(self, host: Host, life_id: Member) -> None:
        if host.life_id != life_id or host.data is None or self._world.healed:
            return
        self._world.kernel.after(self._rng.randrange(*PAUSE_US), self._next, host, life_id)
        if host.frozen:
            return
        self._stop_waiting(host)
        dice = self._rng.random()
        if dice < 0.25:
            self._join(host, self._rng.choice(GROUPS))
        elif dice < 0.35:
            self._leave(host, self._rng.choice(GROUPS))
        else:
            self._send(host)

    def _stop_waiting(self, host: Host) -> None:
        """A joiner waits for so long; then it goes on without having been confirmed."""
        now_us = self._world.kernel.now_us
        for key, since_us in list(self._joining.items()):
            if key[0] == host.life_id and now_us - since_us > (CONFIG.join_wait_ms + 50) * 1_000:
                del self._joining[key]
                self._joined.add(key)

    def _join(self, host: Host, group: str) -> None:
        key = (host.life_id, group)
        if key not in self._joined and key not in self._joining and host.data is not None:
            self._joining[key] = self._world.kernel.now_us
            host.data.do("join", group)

    def _leave(self, host: Host, group: str) -> None:
        key = (host.life_id, group)
        if host.data is not None and (key in self._joined or key in self._joining):
            self._joined.discard(key)
            self._joining.pop(key, None)
            self._left[key] = self._world.kernel.now_us
            host.data.do("leave", group)

    def _send(self, host: Host) -> None:
        assert host.data is not None
        groups = tuple(self._rng.sample(GROUPS, self._rng.choice((1, 1, 1, 3))))
        expected = frozenset(key for key in self._joined if key[1] in groups)
        payload = b"%d" % len(self._sends)
        self._sends.append(Send(self._world.kernel.now_us, host.node, groups, expected))
        host.data.do("send", groups, payload)
