"""What an owner knows of one peer: which groups of its slots have members there, and whether it has heard of all."""

from collections.abc import Iterable, Sequence

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.slotting import slot_of

NOTHING: frozenset[str] = frozenset()


class Interest:
    """The groups a peer has announced over the present link. Sets are only asked, never walked through."""

    __slots__ = ("_complete", "_epoch", "_slots")

    def __init__(self) -> None:
        self._slots: dict[int, set[str]] = {}
        self._epoch = -1
        self._complete = -1

    def announce(self, joins: Iterable[str], leaves: Iterable[str], epoch: int, *, complete: bool) -> None:
        """Take in what the peer announced by a table with this epoch."""
        for group in joins:
            self._slots.setdefault(slot_of(group), set()).add(group)
        for group in leaves:
            self._slots.get(slot_of(group), set()).discard(group)
        self._epoch = max(self._epoch, epoch)
        if complete:
            self._complete = max(self._complete, epoch)

    def wants(self, group: str, slot: int, slot_epoch: int) -> bool:
        """Whether messages to the group go to the peer: it has members, or has not said all since the slot moved."""
        return self._complete < slot_epoch or group in self._slots.get(slot, NOTHING)

    def prune(self, node: NodeId, owners: Sequence[NodeId], epoch: int) -> None:
        """Forget slots that `node` does not own by a table with this epoch.

        Not while the peer is ahead of that table: then it may have announced what `node` is going to own.
        """
        if self._epoch <= epoch:
            self._slots = {slot: groups for slot, groups in self._slots.items() if owners[slot] == node and groups}
