"""News on their way: each node passes each piece on a bounded number of times, packed into whatever is sent anyway."""

from dataclasses import dataclass

from apps.cluster.core.gossip.messages import UPDATES_MAX, Update, size_of
from apps.cluster.core.ids import NodeId

MISFITS_MAX = 8
"""How many pieces that do not fit any more are passed over before a packet counts as full."""


@dataclass(slots=True)
class _Rumour:
    update: Update
    size_bytes: int


class Queue:
    """News to pass on, one per node: a newer piece replaces an older one. Bounded by the number of nodes known."""

    def __init__(self) -> None:
        self._tiers: list[dict[NodeId, _Rumour]] = []
        self._tier_of: dict[NodeId, int] = {}

    def __len__(self) -> int:
        return len(self._tier_of)

    def add(self, update: Update) -> None:
        """Pass on from now on, in place of anything older about this node."""
        self.discard(update.node)
        self._place(_Rumour(update, size_of(update)), 0)

    def discard(self, node: NodeId) -> None:
        """Pass nothing on about this node any more."""
        tier = self._tier_of.pop(node, None)
        if tier is not None:
            del self._tiers[tier][node]

    def pick(self, room_bytes: int, retransmits: int) -> list[Update]:
        """Return what fits: first what was sent least, of that the newest; a place for one accusation is left.

        What was sent `retransmits` times is done.
        """
        chosen: list[tuple[int, _Rumour]] = []
        misfits = 0
        for tier, rumours in enumerate(self._tiers):
            for rumour in reversed(rumours.values()):
                if misfits > MISFITS_MAX or len(chosen) == UPDATES_MAX - 1:
                    break
                if rumour.size_bytes > room_bytes:
                    misfits += 1
                    continue
                room_bytes -= rumour.size_bytes
                chosen.append((tier, rumour))
        for tier, rumour in reversed(chosen):
            self.discard(rumour.update.node)
            if tier + 1 < retransmits:
                self._place(rumour, tier + 1)
        return [rumour.update for _, rumour in chosen]

    def _place(self, rumour: _Rumour, tier: int) -> None:
        while len(self._tiers) <= tier:
            self._tiers.append({})
        self._tiers[tier][rumour.update.node] = rumour
        self._tier_of[rumour.update.node] = tier
