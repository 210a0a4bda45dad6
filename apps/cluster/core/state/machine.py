"""The state machine behind the log: members, slots, leases. The same entries give the same state on every node.

Every command states what it depends on and has no effect if that is no longer so; then an entry that comes late, or
twice, does no harm. Mappings and tables handed out are replaced, never changed, so a view may keep them (leases are
the exception: they change too often). Not here: what should be proposed (the reconciler) and how a log is agreed on.
"""

from collections.abc import Mapping

import msgspec

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots import SlotTable, TableInvalid
from apps.cluster.core.state.commands import (
    VERSION,
    AcquireLease,
    AssignSlots,
    Command,
    CommandUnknown,
    Envelope,
    Malformed,
    PutMember,
    RaiseVersion,
    ReleaseLease,
    ReleaseSlots,
    RemoveMember,
    RenewLease,
    Retire,
    SetDraining,
)
from apps.cluster.core.state.image import Image, StateInvalid, pack, unpack
from apps.cluster.core.state.leases import Lease, Leases
from apps.cluster.core.state.members import MEMBERS_MAX, REMOVED_MAX, MemberRecord, Removal
from apps.cluster.core.state.outcomes import Code, Outcome

Answer = Code | Lease


class ClusterState:
    """What the log has decided up to `index`. `supported` is the newest version this program understands."""

    def __init__(self, image: Image, supported: int = VERSION) -> None:
        self.cluster_id = image.cluster_id
        self.version = image.version
        self.index = image.index
        self.time_ms = image.time_ms
        self.members: Mapping[NodeId, MemberRecord] = {record.node: record for record in image.members}
        self.removals: Mapping[NodeId, Removal] = {removal.node: removal for removal in image.removals}
        self.table = SlotTable.of_ranges(image.ranges)
        self.leases = Leases(image.leases)
        self._requests = dict(image.requests)
        self._supported = supported

    @classmethod
    def founded(cls, cluster_id: str, supported: int = VERSION) -> "ClusterState":
        """Return what a cluster begins with: the same at each of its first voters."""
        return cls(Image(cluster_id, 1, 0, 0, (), (), SlotTable().ranges, (), ()), supported)

    @classmethod
    def unpack(cls, data: bytes, supported: int = VERSION) -> "ClusterState":
        """Read what `pack` wrote. Raises CommandUnknown (this program is too old) or StateInvalid."""
        try:
            return cls(unpack(data, supported), supported)
        except TableInvalid as error:
            raise StateInvalid(str(error)) from error

    def pack(self) -> bytes:
        """Write the state down; equal states give equal bytes."""
        return pack(
            Image(
                cluster_id=self.cluster_id,
                version=self.version,
                index=self.index,
                time_ms=self.time_ms,
                members=tuple(self.members[node] for node in sorted(self.members)),
                removals=tuple(self.removals.values()),
                ranges=self.table.ranges,
                leases=self.leases.sorted(),
                requests=tuple(sorted(self._requests.items())),
            )
        )

    def removal_of(self, node: NodeId) -> Removal | None:
        """Return which entry removed a node for good, if one did."""
        return self.removals.get(node)

    def pass_by(self, index: int, time_ms: int) -> None:
        """Go past an entry that has no command: time goes on all the same."""
        assert index > self.index, "entries are applied in their order, once"
        self.index = index
        self.time_ms = max(self.time_ms, time_ms)
        self.leases.expire(self.time_ms)

    def apply(self, index: int, time_ms: int, data: bytes) -> Outcome:
        """Apply one entry. Raises CommandUnknown if this program must not go on; the state is then as before."""
        try:
            envelope = Envelope.decode(data, self._supported)
            self._check_supported(envelope.command)
        except Malformed as error:
            self.pass_by(index, time_ms)
            return Outcome(error.origin, error.request, index, Code.INVALID)
        self.pass_by(index, time_ms)
        answer = self._answer(envelope)
        if envelope.origin in self.members and answer is not Code.DUPLICATE:
            self._requests[envelope.origin] = envelope.request
        if isinstance(answer, Lease):
            return Outcome(envelope.origin, envelope.request, index, Code.DONE, answer)
        return Outcome(envelope.origin, envelope.request, index, answer)

    def _check_supported(self, command: Command) -> None:
        if isinstance(command, RaiseVersion) and command.version > self._supported and not self._raise_refused(command):
            raise CommandUnknown(command.version, self._supported)

    def _answer(self, envelope: Envelope) -> Answer:
        if envelope.request <= self._requests.get(envelope.origin, 0):
            return Code.DUPLICATE
        if envelope.version > self.version:
            return Code.TOO_EARLY
        return self._do(envelope.command)

    def _do(self, command: Command) -> Answer:
        match command:
            case PutMember() | RemoveMember() | SetDraining() | Retire():
                return self._change_members(command)
            case ReleaseSlots():
                return self._release_slots(command)
            case AssignSlots():
                return self._assign_slots(command)
            case RaiseVersion():
                return self._raise_version(command)
            case AcquireLease():
                return self._acquire_lease(command)
        return self._change_lease(command)

    def _change_members(self, command: PutMember | RemoveMember | SetDraining | Retire) -> Code:
        if isinstance(command, PutMember):
            return self._put_member(command)
        record = self.members.get(command.node)
        if record is None:
            return Code.UNKNOWN_MEMBER
        if isinstance(command, RemoveMember):
            return self._remove_member(command)
        if isinstance(command, SetDraining):
            self._keep(msgspec.structs.replace(record, draining=command.draining))
        else:
            return self._retire(record)
        return Code.DONE

    def _retire(self, record: MemberRecord) -> Code:
        """There is no way back from it, so somebody has to be left who is to stay."""
        if all(other.retiring for other in self.members.values() if other.node != record.node):
            return Code.LAST_MEMBER
        self._keep(msgspec.structs.replace(record, retiring=True))
        return Code.DONE

    def _put_member(self, command: PutMember) -> Code:
        node = command.node
        known = self.members.get(node)
        if node in self.removals:
            return Code.REMOVED
        if command.version < self.version:
            return Code.VERSION_TOO_LOW
        if known is None and len(self.members) >= MEMBERS_MAX:
            return Code.MEMBERS_FULL
        self._keep(
            MemberRecord(
                **msgspec.structs.asdict(command),
                draining=known.draining if known else False,
                retiring=known.retiring if known else False,
                joined_ms=known.joined_ms if known else self.time_ms,
            )
        )
        return Code.DONE

    def _keep(self, record: MemberRecord) -> None:
        self.members = {**self.members, record.node: record}

    def _remove_member(self, command: RemoveMember) -> Code:
        if command.node in self.table.holders:
            return Code.OWNS_SLOTS
        self.members = {node: record for node, record in self.members.items() if node != command.node}
        self._requests.pop(command.node, None)
        if command.for_good:
            removals = [*self.removals.values(), Removal(command.node, self.index)][-REMOVED_MAX:]
            self.removals = {removal.node: removal for removal in removals}
        return Code.DONE

    def _release_slots(self, command: ReleaseSlots) -> Code:
        parts = [part for span in command.spans for part in self.table.within(span.first, span.last)]
        if any(part.owner != command.owner or part.epoch > command.expected_epoch for part in parts):
            return Code.STALE
        self.table = self.table.with_released(command.spans, self.index)
        return Code.DONE

    def _assign_slots(self, command: AssignSlots) -> Code:
        if any(part.owner not in self.members for part in command.assignments):
            return Code.UNKNOWN_MEMBER
        parts = [part for to in command.assignments for part in self.table.within(to.first, to.last)]
        if any(part.owner != NO_NODE or part.epoch > command.expected_epoch for part in parts):
            return Code.STALE
        self.table = self.table.with_assigned(command.assignments, self.index)
        return Code.DONE

    def _raise_refused(self, command: RaiseVersion) -> Code:
        if command.version <= self.version:
            return Code.STALE
        if any(record.version < command.version for record in self.members.values()):
            return Code.VERSION_TOO_LOW
        return Code.DONE

    def _raise_version(self, command: RaiseVersion) -> Code:
        refused = self._raise_refused(command)
        if not refused:
            self.version = command.version
        return refused

    def _acquire_lease(self, command: AcquireLease) -> Answer:
        lease = self.leases.get(command.key)
        if lease is not None:
            again = (lease.holder, lease.nonce) == (command.holder, command.nonce)
            return lease if again else Code.LEASE_HELD
        if command.holder not in self.members:
            return Code.UNKNOWN_MEMBER
        if self.leases.full:
            return Code.LEASES_FULL
        expires_ms = self.time_ms + command.ttl_ms
        return self.leases.put(Lease(command.key, command.holder, self.index, expires_ms, command.nonce))

    def _change_lease(self, command: RenewLease | ReleaseLease) -> Answer:
        lease = self.leases.get(command.key)
        if lease is None or lease.token != command.token:
            return Code.LEASE_LOST
        if isinstance(command, ReleaseLease):
            self.leases.drop(command.key)
            return lease
        expires_ms = max(lease.expires_ms, self.time_ms + command.ttl_ms)
        return self.leases.put(msgspec.structs.replace(lease, expires_ms=expires_ms))
