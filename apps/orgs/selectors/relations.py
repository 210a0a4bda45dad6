"""Reading what a person has to do with others: her contacts, asked and accepted, and whom she blocks."""

from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.orgs.models import Block, Contact
from apps.orgs.selectors.visibility import ContactState


def contacts_of(viewer: User, *, state: ContactState | Literal[""] = "") -> QuerySet[Contact]:
    """Return her contacts, both people loaded, newest first; of one state, or all. Those with people who were
    deactivated are left out.
    """
    asked, got = Q(requester=viewer, other__is_active=True), Q(other=viewer, requester__is_active=True)
    accepted, open_ = Q(state=Contact.State.ACCEPTED), Q(state=Contact.State.ASKED)
    wanted = {
        "": asked | got,
        "accepted": (asked | got) & accepted,
        "asked_by_me": asked & open_,
        "asked_by_them": got & open_,
    }[state]
    contacts = Contact.objects.for_tenant(viewer.tenant_id).filter(wanted)
    return contacts.select_related("requester", "other").order_by("-id")


def blocks_of(viewer: User) -> QuerySet[Block]:
    """Return whom she blocks, loaded, newest first."""
    blocks = Block.objects.for_tenant(viewer.tenant_id).filter(user=viewer)
    return blocks.select_related("blocked").order_by("-id")


def is_blocked(first: User, second_id: UUID) -> bool:
    """Tell whether one of the two blocks the other. One query."""
    pair = Q(user=first, blocked_id=second_id) | Q(user_id=second_id, blocked=first)
    return Block.objects.for_tenant(first.tenant_id).filter(pair).exists()
