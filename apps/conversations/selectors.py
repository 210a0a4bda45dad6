"""Reading conversations and members. Positions and events are the log's: see `messaging.selectors`."""

from uuid import UUID

from apps.accounts.models import User
from apps.conversations.errors import ConversationNotFound, MemberNotFound
from apps.conversations.models import Conversation, Member


def get_conversation(actor: User, conversation_id: UUID) -> Conversation:
    """Return a conversation the actor is a member of. Raises ConversationNotFound. One query."""
    conversation = (
        Conversation.objects.for_tenant(actor.tenant_id).filter(pk=conversation_id, members__user_id=actor.id).first()
    )
    if conversation is None:
        raise ConversationNotFound(conversation=str(conversation_id))
    return conversation


def find_direct(actor: User, other_id: UUID) -> Conversation | None:
    """Return the direct conversation of the actor with another user, None if they have none. One query."""
    key = direct_key(actor.id, other_id)
    return Conversation.objects.for_tenant(actor.tenant_id).filter(direct_key=key).first()


def direct_key(first: UUID, second: UUID) -> str:
    """Return the key that a pair of users has one direct conversation under."""
    return ":".join(sorted((first.hex, second.hex)))


def get_member(conversation: Conversation, user_id: UUID) -> Member:
    """Return a user's membership. Raises MemberNotFound. One query."""
    member = (
        Member.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation, user_id=user_id).first()
    )
    if member is None:
        raise MemberNotFound(user=str(user_id))
    return member


def member_ids(conversation: Conversation) -> list[UUID]:
    """Return the ids of all members, longest-standing first. One query."""
    members = Member.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation)
    return list(members.order_by("created_at", "id").values_list("user_id", flat=True))
