"""Finds others: at first by the addresses it was told, later by calling the dead, so that a healed partition merges."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.cluster.core.gossip.config import GossipConfig
from apps.cluster.core.gossip.courier import Courier
from apps.cluster.core.gossip.peers import Address
from apps.cluster.core.gossip.roster import FAR_MS, Roster
from apps.cluster.core.gossip.syncing import Syncing
from apps.cluster.core.ids import NO_NODE, NodeId, Random

SEEDS_MAX = 64
"""Most addresses to join. More say no more; they are passed over."""
CALL_SEQ = 0
"""The number of a question nobody waits for: it only gives one believed dead the chance to refute."""
LONELY = 12
"""What part of the longest wait a node that knows nobody waits for at most."""


@dataclass(slots=True)
class _Seed:
    due_ms: int
    wait_ms: int
    node: NodeId = NO_NODE
    """Who answered there."""


class Reunion:
    """The addresses to join and the dead to call."""

    def __init__(
        self, config: GossipConfig, roster: Roster, courier: Courier, syncing: Syncing, rng: Random, now_ms: int
    ) -> None:
        self._config = config
        self._roster = roster
        self._courier = courier
        self._syncing = syncing
        self._rng = rng
        self._seeds: dict[Address, _Seed] = {}
        self._call_ms = now_ms

    @property
    def next_deadline_ms(self) -> int:
        """When `tick` is wanted next."""
        call_ms = self._call_ms if len(self._roster.fallen) else FAR_MS
        return min([call_ms, *(seed.due_ms for seed in self._seeds.values())])

    def join(self, addresses: Iterable[Address], now_ms: int) -> None:
        """Ask at these addresses, at once and until somebody answers there; again when the one there is gone."""
        for address in addresses:
            if address != self._roster.me.address and len(self._seeds) < SEEDS_MAX:
                self._seeds[address] = _Seed(now_ms, self._config.join_retry_ms)
        self.tick(now_ms)

    def answered(self, address: Address, node: NodeId) -> None:
        """Somebody answered at an address; it may be this node itself."""
        if address in self._seeds:
            self._seeds[address].node = node

    def tick(self, now_ms: int) -> None:
        """Ask where nobody has answered, and call one of the dead."""
        for address, seed in self._seeds.items():
            if now_ms >= seed.due_ms:
                self._ask(address, seed, now_ms)
        if now_ms >= self._call_ms and len(self._roster.fallen):
            self._call_ms = now_ms + self._config.reconnect_ms
            self._call()

    def _ask(self, address: Address, seed: _Seed, now_ms: int) -> None:
        if seed.node in self._roster.living or seed.node == self._roster.node:
            seed.wait_ms = self._config.join_retry_ms
            seed.due_ms = now_ms + self._config.join_retry_max_ms
            return
        self._syncing.request(address)
        most_ms = self._config.join_retry_max_ms // (1 if len(self._roster.living) else LONELY)
        wait_ms = min(seed.wait_ms, most_ms)
        seed.wait_ms = 2 * wait_ms
        seed.due_ms = now_ms + int(wait_ms * (0.75 + 0.5 * self._rng.random()))

    def _call(self) -> None:
        """Every one of the dead is called about once per interval, however many nodes live."""
        living, fallen = len(self._roster.living), len(self._roster.fallen)
        if self._rng.random() * max(1, living) < fallen:
            node = next(self._roster.fallen.draw(self._rng))
            self._courier.ping(node, self._roster.peers[node].address, CALL_SEQ)
