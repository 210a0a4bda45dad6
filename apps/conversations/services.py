"""Making conversations and changing who is in them. The events that tell of it are written by `messaging.services`.

Lock order of everything that changes a conversation: the two people where it is between two, its log row (taken by
`messaging.services`), its own row, then its members. Every function here locks the conversation's row itself and runs
in one transaction, the caller's if there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings

from apps.accounts.models import User
from apps.common.errors import InvalidInput
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.conversations import policies
from apps.conversations.errors import ConversationNotFound, DirectWithSelf, GroupFull, MemberNotFound, OwnerStays
from apps.conversations.models import Conversation, Member
from apps.conversations.selectors import direct_key, find_direct
from apps.orgs.selectors.visibility import require_may_write
from apps.orgs.services.pairs import lock_pair

MAX_TITLE_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A member has another role now."""

    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class _Locked:
    """A conversation whose row is locked, with its members by user id."""

    conversation: Conversation
    members: dict[UUID, Member]
    own: Member


def create_direct(actor: User, *, other_id: UUID) -> tuple[Conversation, bool]:
    """Return the direct conversation with another user, and whether it was made just now.

    Two people who start it at the same moment get the same one. One that is there already is returned whoever may
    write to whom by now. Raises UserNotFound, Blocked, WritingNotAgreed or DirectWithSelf.
    """
    if other_id == actor.id:
        raise DirectWithSelf
    return run_in_transaction(lambda: _create_direct(actor, other_id))


def create_group(actor: User, *, title: str, member_ids: Sequence[UUID]) -> Conversation:
    """Make a group with the actor as its owner; naming her among the members is harmless.

    She may add whom she may write to. Raises InvalidInput, UserNotFound, Blocked, WritingNotAgreed or GroupFull.
    """
    name = clean_line(title, field="title", max_chars=MAX_TITLE_CHARS, required=False)
    others = list(dict.fromkeys(user_id for user_id in member_ids if user_id != actor.id))
    _require_room(actor, len(others) + 1)

    def create() -> Conversation:
        require_may_write(actor, others)
        conversation = Conversation(
            tenant_id=actor.tenant_id, kind=Conversation.Kind.GROUP, title=name, created_by=actor
        )
        conversation.save(force_insert=True)
        _insert_members(conversation, [actor.id, *others], join_seq=1, owner_id=actor.id)
        _store_count(conversation, len(others) + 1)
        return conversation

    return run_in_transaction(create)


def add_members(actor: User, *, conversation: Conversation, user_ids: Sequence[UUID], join_seq: int = 1) -> list[UUID]:
    """Add users to a group and return those who were not in it yet; they see its log from `join_seq` on.

    She may add whom she may write to. Raises ConversationNotFound, DirectImmutable, NotAllowed, UserNotFound, Blocked,
    WritingNotAgreed or GroupFull.
    """

    def add() -> list[UUID]:
        locked = _lock(actor, conversation)
        policies.require_group(locked.conversation)
        policies.require_may_add(locked.own.role)
        fresh = [user_id for user_id in dict.fromkeys(user_ids) if user_id not in locked.members]
        _require_room(actor, len(locked.members) + len(fresh))
        require_may_write(actor, fresh)
        _insert_members(locked.conversation, fresh, join_seq=join_seq)
        _store_count(locked.conversation, len(locked.members) + len(fresh))
        return fresh

    return run_in_transaction(add)


def remove_member(actor: User, *, conversation: Conversation, user_id: UUID) -> list[RoleChange]:
    """Remove a member from a group, or leave it oneself. Returns the new owner's change when an owner left.

    Raises ConversationNotFound, DirectImmutable, MemberNotFound or NotAllowed.
    """

    def remove() -> list[RoleChange]:
        locked = _lock(actor, conversation)
        policies.require_group(locked.conversation)
        target = locked.members.get(user_id)
        if target is None:
            raise MemberNotFound(user=str(user_id))
        if target is not locked.own:
            policies.require_may_remove(locked.own.role, target_role=target.role)
        target.delete()
        remaining = [member for member in locked.members.values() if member is not target]
        _store_count(locked.conversation, len(remaining))
        return _hand_over(remaining) if target.role == Member.Role.OWNER else []

    return run_in_transaction(remove)


def rename(actor: User, *, conversation: Conversation, title: str) -> Conversation:
    """Give a group another title. Raises ConversationNotFound, DirectImmutable, NotAllowed or InvalidInput."""
    name = clean_line(title, field="title", max_chars=MAX_TITLE_CHARS)

    def change() -> Conversation:
        locked = _lock(actor, conversation)
        policies.require_group(locked.conversation)
        policies.require_may_rename(locked.own.role)
        locked.conversation.title = name
        locked.conversation.save(update_fields=["title"])
        return locked.conversation

    return run_in_transaction(change)


def set_role(actor: User, *, conversation: Conversation, user_id: UUID, role: str) -> list[RoleChange]:
    """Give a member another role and return what changed. Making someone the owner makes the actor an admin.

    Raises ConversationNotFound, DirectImmutable, NotAllowed, MemberNotFound, OwnerStays or InvalidInput.
    """
    if role not in Member.Role.values:
        raise InvalidInput(field="role", reason=role)

    def change() -> list[RoleChange]:
        locked = _lock(actor, conversation)
        policies.require_group(locked.conversation)
        policies.require_may_set_role(locked.own.role)
        target = locked.members.get(user_id)
        if target is None:
            raise MemberNotFound(user=str(user_id))
        if target.role == role:
            return []
        if target is locked.own:
            raise OwnerStays
        changes = [_store_role(target, role)]
        if role == Member.Role.OWNER:
            changes.append(_store_role(locked.own, Member.Role.ADMIN))
        return changes

    return run_in_transaction(change)


def lock_members(conversation: Conversation) -> list[Member]:
    """Lock the members of a conversation whose log the caller holds. One query."""
    rows = Member.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation)
    return list(rows.order_by("pk").select_for_update())


def let_write(members: Sequence[Member], *, may_write: bool) -> None:
    """Let members write, or not. They are locked; nodes learn of it by the membership epoch of their log."""
    for member in members:
        member.may_write = may_write
        member.save(update_fields=["may_write"])


def _create_direct(actor: User, other_id: UUID) -> tuple[Conversation, bool]:
    existing = find_direct(actor, other_id)
    if existing is not None:
        return existing, False
    lock_pair(actor, other_id)  # a block made at the same moment is either seen here or finds this conversation
    require_may_write(actor, [other_id])
    rows = Conversation.objects.for_tenant(actor.tenant_id)
    key = direct_key(actor.id, other_id)
    fresh = Conversation(
        tenant_id=actor.tenant_id, kind=Conversation.Kind.DIRECT, direct_key=key, created_by=actor, member_count=2
    )
    rows.bulk_create([fresh], ignore_conflicts=True)
    stored = rows.get(direct_key=key)
    if stored.pk != fresh.pk:
        return stored, False
    _insert_members(stored, [actor.id, other_id], join_seq=1)
    return stored, True


def _lock(actor: User, conversation: Conversation) -> _Locked:
    rows = Conversation.objects.for_tenant(actor.tenant_id).select_for_update()
    stored = rows.filter(pk=conversation.pk).first()
    members = Member.objects.for_tenant(actor.tenant_id).filter(conversation_id=conversation.pk)
    by_user = {member.user_id: member for member in members.order_by("created_at", "id")}
    if stored is None or actor.id not in by_user:
        raise ConversationNotFound(conversation=str(conversation.pk))
    return _Locked(stored, by_user, by_user[actor.id])


def _insert_members(
    conversation: Conversation, user_ids: Sequence[UUID], *, join_seq: int, owner_id: UUID | None = None
) -> None:
    ids = sorted(new_id() for _ in user_ids)  # so that lists by id keep the order of joining within a millisecond too
    Member.objects.for_tenant(conversation.tenant_id).bulk_create(
        Member(
            id=row_id,
            tenant_id=conversation.tenant_id,
            conversation=conversation,
            user_id=user_id,
            role=Member.Role.OWNER if user_id == owner_id else Member.Role.MEMBER,
            join_seq=join_seq,
        )
        for row_id, user_id in zip(ids, user_ids, strict=True)
    )


def _store_count(conversation: Conversation, count: int) -> None:
    conversation.member_count = count
    conversation.save(update_fields=["member_count"])


def _store_role(member: Member, role: str) -> RoleChange:
    member.role = role
    member.save(update_fields=["role"])
    return RoleChange(member.user_id, role)


def _hand_over(remaining: Sequence[Member]) -> list[RoleChange]:
    if not remaining:
        return []
    heir = max(remaining, key=lambda member: policies.heir_rank(member.role))  # the first of equals: longest-standing
    return [_store_role(heir, Member.Role.OWNER)]


def _require_room(actor: User, size: int) -> None:
    """The installation bounds groups, and the tenant may do so further."""
    limit = min(settings.IM_GROUP_MEMBERS_MAX, actor.tenant.limits.group_members_max or settings.IM_GROUP_MEMBERS_MAX)
    if size > limit:
        raise GroupFull(size=size, limit=limit)
