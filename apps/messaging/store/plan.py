"""Decides what becomes of each draft of a batch. Pure: locked rows and the time come in, outcomes and rows go out.

The caller holds the lock of every log involved, so what is decided here stays true until its transaction ends.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.messaging.errors import ConversationNotFound, MessageIdConflict
from apps.messaging.store.records import NOBODY, Committed, Draft, MemberList, Outcome
from apps.wire.ids import ConversationId, TenantId, UserId

DIGEST_BYTES = 16


@dataclass(slots=True)
class LogEnd:
    """A locked row of `messaging_log`; planning moves it forward. `grown` says that it has to be written back."""

    tenant_id: TenantId
    max_seq: int
    members_epoch: int
    last_event_ms: int
    grown: bool = False


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event that already has the id of a draft."""

    conversation_id: ConversationId
    seq: int
    time_ms: int
    sender_id: UserId
    digest: bytes


KnownEvents = dict[tuple[TenantId, bytes], KnownEvent]


@dataclass(slots=True)
class NewRows:
    """The rows to insert into `messaging_event`, column by column, as array parameters want them."""

    conversation_ids: list[ConversationId] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    tenant_ids: list[TenantId] = field(default_factory=list)
    message_ids: list[bytes] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    sender_ids: list[UserId] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)
    countables: list[bool] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    def add(self, draft: Draft, *, seq: int, time_ms: int, digest: bytes) -> None:
        """Add the row of one draft."""
        self.conversation_ids.append(draft.conversation_id)
        self.seqs.append(seq)
        self.tenant_ids.append(draft.tenant_id)
        self.message_ids.append(draft.message_id)
        self.kinds.append(draft.kind)
        self.sender_ids.append(draft.sender_id)
        self.times_ms.append(time_ms)
        self.countables.append(draft.countable)
        self.bodies.append(draft.body)
        self.digests.append(digest)


@dataclass(frozen=True, slots=True)
class Plan:
    """One outcome per draft, in their order, and what has to be written to make them true."""

    outcomes: list[Outcome]
    rows: NewRows
    grown: dict[ConversationId, LogEnd]


def content_digest(kind: str, body: bytes) -> bytes:
    """Return the 16 bytes that tell a repeated message from another one under the same id."""
    return hashlib.blake2b(b"%b\0%b" % (kind.encode(), body), digest_size=DIGEST_BYTES).digest()


def plan_batch(
    drafts: Sequence[Draft],
    *,
    logs: Mapping[ConversationId, LogEnd],
    known: KnownEvents,
    members: Mapping[ConversationId, MemberList],
    now_ms: int,
) -> Plan:
    """Decide on every draft in order. Moves `logs` forward and adds to `known` the ids that this batch brings.

    Fresh drafts get consecutive seqs and a time that never runs backward within a log.
    """
    rows = NewRows()
    outcomes: list[Outcome] = []
    for draft in drafts:
        digest = content_digest(draft.kind, draft.body)
        log = logs.get(draft.conversation_id)
        listed = members.get(draft.conversation_id, NOBODY)
        earlier = known.get((draft.tenant_id, draft.message_id))
        if earlier is not None:
            outcomes.append(_repeat(draft, digest, earlier, log, listed))
        elif log is None or not _may_write(draft, log, listed):
            outcomes.append(ConversationNotFound(conversation=str(draft.conversation_id)))
        else:
            time_ms = max(now_ms, log.last_event_ms)
            log.max_seq += 1
            log.last_event_ms = time_ms
            log.grown = True
            rows.add(draft, seq=log.max_seq, time_ms=time_ms, digest=digest)
            known[draft.tenant_id, draft.message_id] = KnownEvent(
                draft.conversation_id, log.max_seq, time_ms, draft.sender_id, digest
            )
            outcomes.append(_committed(draft, log.max_seq, time_ms, False, listed, log.members_epoch))
    return Plan(outcomes, rows, {conversation_id: log for conversation_id, log in logs.items() if log.grown})


def _may_write(draft: Draft, log: LogEnd, listed: MemberList) -> bool:
    return log.tenant_id == draft.tenant_id and (draft.sender_id in listed.lookup or not draft.countable)


def _repeat(draft: Draft, digest: bytes, earlier: KnownEvent, log: LogEnd | None, listed: MemberList) -> Outcome:
    """Answer with the first result, even to someone who has left since; anything else under this id is a conflict."""
    if (earlier.conversation_id, earlier.sender_id, earlier.digest) != (
        draft.conversation_id,
        draft.sender_id,
        digest,
    ):
        return MessageIdConflict()
    return _committed(draft, earlier.seq, earlier.time_ms, True, listed, log.members_epoch if log else 0)


def _committed(draft: Draft, seq: int, time_ms: int, repeated: bool, listed: MemberList, epoch: int) -> Committed:
    return Committed(draft.message_id, draft.conversation_id, seq, time_ms, repeated, listed, epoch)
