"""Starting conversations and changing who is in them, each together with the event that tells of it.

Order in every function: lock the log row, let `conversations.services` decide and change, append the event, publish
after the commit. A new log row is made in the transaction that makes its conversation.
"""

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from apps.accounts.models import User
from apps.common.clock import to_datetime
from apps.common.retry import run_in_transaction
from apps.conversations import selectors
from apps.conversations import services as membership
from apps.conversations.models import Conversation
from apps.messaging import fanout
from apps.messaging.models import Log
from apps.messaging.store.direct import append_in_transaction, bump_members_epoch, lock_log
from apps.messaging.store.records import Draft
from apps.wire import bodies
from apps.wire.ids import (
    MESSAGE_ID_RANDOM_BYTES,
    ConversationId,
    TenantId,
    TerminalId,
    UserId,
    make_message_id,
)

SERVER_TERMINAL = TerminalId(UUID(int=0))
"""Stands for the server in the ids of events that it writes on behalf of someone."""


def start_direct(actor: User, *, other_id: UUID, now_ms: int) -> tuple[Conversation, bool]:
    """Return the direct conversation with another user, and whether it was started just now.

    Raises UserNotFound, Blocked, WritingNotAgreed or DirectWithSelf.
    """

    def start() -> tuple[Conversation, bool]:
        conversation, created = membership.create_direct(actor, other_id=other_id)
        if created:
            _open_log(actor, conversation, [actor.id, other_id], now_ms=now_ms)
        return conversation, created

    return run_in_transaction(start)


def start_group(actor: User, *, title: str, member_ids: Sequence[UUID], now_ms: int) -> Conversation:
    """Start a group with the actor as its owner. Raises as `conversations` does."""

    def start() -> Conversation:
        conversation = membership.create_group(actor, title=title, member_ids=member_ids)
        _open_log(actor, conversation, selectors.member_ids(conversation), now_ms=now_ms)
        return conversation

    return run_in_transaction(start)


def add_members(actor: User, *, conversation: Conversation, user_ids: Sequence[UUID], now_ms: int) -> list[UUID]:
    """Add users to a group and return those who were not in it; they see its log from the event of this on.

    Raises ConversationNotFound, DirectImmutable, NotAllowed, UserNotFound, Blocked, WritingNotAgreed or GroupFull.
    """

    def add() -> list[UUID]:
        log = lock_log(actor.tenant_id, conversation.pk)
        added = membership.add_members(actor, conversation=conversation, user_ids=user_ids, join_seq=log.max_seq + 1)
        if added:
            bump_members_epoch(actor.tenant_id, conversation.pk)
            _append(actor, conversation, "members_added", bodies.MembersAdded(members=added), now_ms=now_ms)
        return added

    return run_in_transaction(add)


def remove_member(actor: User, *, conversation: Conversation, user_id: UUID, now_ms: int) -> None:
    """Remove a member, or leave; who goes is told too. An owner who leaves is succeeded, which is an event as well.

    Raises ConversationNotFound, DirectImmutable, MemberNotFound or NotAllowed.
    """

    def remove() -> None:
        lock_log(actor.tenant_id, conversation.pk)
        changes = membership.remove_member(actor, conversation=conversation, user_id=user_id)
        bump_members_epoch(actor.tenant_id, conversation.pk)
        body = bodies.MembersRemoved(members=[user_id])
        _append(actor, conversation, "members_removed", body, now_ms=now_ms, also=[UserId(user_id)])
        _append_role_changes(actor, conversation, changes, now_ms=now_ms)

    run_in_transaction(remove)


def rename(actor: User, *, conversation: Conversation, title: str, now_ms: int) -> Conversation:
    """Give a group another title. Raises ConversationNotFound, DirectImmutable, NotAllowed or InvalidInput."""

    def change() -> Conversation:
        lock_log(actor.tenant_id, conversation.pk)
        renamed = membership.rename(actor, conversation=conversation, title=title)
        body = bodies.ConversationRenamed(title=renamed.title)
        _append(actor, conversation, "conversation_renamed", body, now_ms=now_ms)
        return renamed

    return run_in_transaction(change)


def set_role(actor: User, *, conversation: Conversation, user_id: UUID, role: str, now_ms: int) -> None:
    """Give a member another role; making someone the owner makes the actor an admin, which is an event as well.

    Raises ConversationNotFound, DirectImmutable, NotAllowed, MemberNotFound, OwnerStays or InvalidInput.
    """

    def change() -> None:
        lock_log(actor.tenant_id, conversation.pk)
        changes = membership.set_role(actor, conversation=conversation, user_id=user_id, role=role)
        _append_role_changes(actor, conversation, changes, now_ms=now_ms)

    run_in_transaction(change)


def _open_log(actor: User, conversation: Conversation, member_ids: Sequence[UUID], *, now_ms: int) -> None:
    Log(conversation=conversation, tenant_id=conversation.tenant_id, last_event_at=to_datetime(now_ms)).save(
        force_insert=True
    )
    body = bodies.ConversationCreated(title=conversation.title, members=list(member_ids))
    _append(actor, conversation, "conversation_created", body, now_ms=now_ms)


def _append_role_changes(
    actor: User, conversation: Conversation, changes: Iterable[membership.RoleChange], *, now_ms: int
) -> None:
    for change in changes:
        body = bodies.MemberRoleChanged(member=change.user_id, role=change.role)
        _append(actor, conversation, "member_role_changed", body, now_ms=now_ms)


def _append(
    actor: User,
    conversation: Conversation,
    kind: str,
    body: bodies.Body,
    *,
    now_ms: int,
    also: Iterable[UserId] = (),
) -> None:
    random = secrets.token_bytes(MESSAGE_ID_RANDOM_BYTES)
    message_id = make_message_id(UserId(actor.id), SERVER_TERMINAL, time_ms=now_ms, random=random)
    draft = Draft(
        tenant_id=TenantId(actor.tenant_id),
        sender_id=UserId(actor.id),
        conversation_id=ConversationId(conversation.pk),
        message_id=message_id.to_bytes(),
        kind=kind,
        body=bodies.system_body(kind, body),
    )
    (committed,) = append_in_transaction([draft], now_ms=now_ms)
    fanout.tell_members_on_commit(draft, committed, also=also)
