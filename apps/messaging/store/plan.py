"""Decides what becomes of each draft of a batch. Pure: locked rows and the time come in, outcomes and rows go out.

The caller holds the lock of every log involved, so what is decided here stays true until its transaction ends.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.common.errors import ImError
from apps.messaging.errors import Blocked, ConversationNotFound, MessageIdConflict
from apps.messaging.store.records import NOBODY, Committed, Draft, MemberList, Outcome
from apps.wire.ids import ConversationId, TenantId, UserId

DIGEST_BYTES = 16
FRESH_MS = 2_000
_ID_TIME = slice(33, 39)  # the clock in a message id, see `apps.wire.ids`


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
_NO_LOG: tuple[LogEnd | None, MemberList] = (None, NOBODY)


NewRow = tuple[Draft, int, int, bytes]
"""A row to insert into `messaging_event`: the draft, its seq, its time in ms, the digest of its content."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One outcome per draft, in their order, and what has to be written to make them true."""

    outcomes: list[Outcome]
    rows: list[NewRow]
    grown: dict[ConversationId, LogEnd]


def suspected(drafts: Sequence[Draft], *, now_ms: int) -> list[Draft]:
    """Return the drafts whose ids have to be looked up before anything is written.

    Clients put their clock into the id when they make it, and wait longer than FRESH_MS before they send it again:
    an id made just now is new. Where that guess is wrong (a clock that is ahead), the unique constraint says so.
    """
    return [
        draft
        for draft in drafts
        if not -FRESH_MS < now_ms - int.from_bytes(draft.message_id[_ID_TIME], "big") < FRESH_MS
    ]


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
    """Decide on every draft in order, and move `logs` forward.

    Fresh drafts get consecutive seqs and a time that never runs backward within a log. An id that occurs twice in the
    batch is a repetition the second time.
    """
    # Keyed by the ids' integers: hashing and comparing UUID objects would cost more than all the rest.
    ends = {key.int: (log, members.get(key, NOBODY)) for key, log in logs.items()}
    brought: dict[bytes, NewRow] = {}
    known_ids = {message_id for _, message_id in known}
    rows: list[NewRow] = []
    outcomes: list[Outcome] = []
    for draft in drafts:
        message_id = draft.message_id
        digest = content_digest(draft.kind, draft.body)
        log, listed = ends.get(draft.conversation_id.int, _NO_LOG)
        if message_id in brought or message_id in known_ids:
            earlier = known.get((draft.tenant_id, message_id)) or _as_known(brought.get(message_id), draft)
            if earlier is not None:
                outcomes.append(_repeat(draft, digest, earlier, log, listed))
                continue
        if log is None or not _may_write(draft, log, listed):
            outcomes.append(_refusal(draft, log, listed))
            continue
        time_ms = log.last_event_ms = max(now_ms, log.last_event_ms)
        log.max_seq = seq = log.max_seq + 1
        log.grown = True
        brought[message_id] = row = (draft, seq, time_ms, digest)
        rows.append(row)
        outcomes.append(Committed(message_id, draft.conversation_id, seq, time_ms, False, listed, log.members_epoch))
    return Plan(outcomes, rows, {key: log for key, log in logs.items() if log.grown})


def _may_write(draft: Draft, log: LogEnd, listed: MemberList) -> bool:
    """A member may write into a log of her tenant, unless she is silenced; the server may always."""
    return log.tenant_id.int == draft.tenant_id.int and (draft.sender_id.int in listed.writers or not draft.countable)


def _refusal(draft: Draft, log: LogEnd | None, listed: MemberList) -> ImError:
    """A member who may not write learns why; to anyone else the conversation does not exist."""
    if log is not None and log.tenant_id == draft.tenant_id and draft.sender_id in listed.ids:
        return Blocked(conversation=str(draft.conversation_id))
    return ConversationNotFound(conversation=str(draft.conversation_id))


def _as_known(row: NewRow | None, draft: Draft) -> KnownEvent | None:
    """The event that this batch itself brings under the same id, in the same tenant."""
    if row is None or row[0].tenant_id != draft.tenant_id:
        return None
    first, seq, time_ms, digest = row
    return KnownEvent(first.conversation_id, seq, time_ms, first.sender_id, digest)


def _repeat(draft: Draft, digest: bytes, earlier: KnownEvent, log: LogEnd | None, listed: MemberList) -> Outcome:
    """Answer with the first result, even to someone who has left since; anything else under this id is a conflict."""
    if (earlier.conversation_id, earlier.sender_id, earlier.digest) != (
        draft.conversation_id,
        draft.sender_id,
        digest,
    ):
        return MessageIdConflict()
    return Committed(
        draft.message_id,
        draft.conversation_id,
        earlier.seq,
        earlier.time_ms,
        True,
        listed,
        log.members_epoch if log else 0,
    )
