"""Asking somebody to be a contact, agreeing to it, ending it. Contacts see and may write to each other, come what may.

What two people have written to each other is not touched when they are contacts no more: that is what a block is for.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.common.retry import run_in_transaction
from apps.orgs.errors import Blocked, ContactRequestsFull
from apps.orgs.models import Contact
from apps.orgs.selectors.relations import is_blocked
from apps.orgs.selectors.visibility import findable_users
from apps.orgs.services.pairs import lock_pair, record_between

MAX_OPEN_REQUESTS: Final = 200
"""Requests of one person that nobody has answered; a further one is refused, so that nobody is a nuisance to all."""


def ask_contact(actor: User, *, user_id: UUID, now: datetime) -> Contact:
    """Ask a person to be a contact; if she has asked already, agree. Asking again changes nothing.

    She is one whom the actor sees, could find by her exact sign-in name, or who asked first. Raises UserNotFound,
    Blocked or ContactRequestsFull.
    """

    def ask() -> Contact:
        other = lock_pair(actor, user_id)
        contact = _between(actor, user_id)
        if not other.is_active or not (contact or findable_users(actor).filter(pk=user_id).exists()):
            raise UserNotFound(user=str(user_id))
        if is_blocked(actor, user_id):
            raise Blocked(user=str(user_id))
        if contact is None:
            return _ask(actor, other, now)
        if contact.state == Contact.State.ASKED and contact.requester_id == user_id:
            _accept(actor, other, contact, now)
        return contact

    return run_in_transaction(ask)


def remove_contact(actor: User, *, user_id: UUID, now: datetime) -> None:
    """Take back what one asked, decline what one was asked, or end it. Nothing happens where there is nothing.

    Raises UserNotFound.
    """

    def remove() -> None:
        other = lock_pair(actor, user_id)
        contact = _between(actor, user_id)
        if contact is None:
            return
        contact.delete()
        record_between(actor, f"contact.{_how_it_ends(contact, actor)}", other, now=now)

    run_in_transaction(remove)


def _ask(actor: User, other: User, now: datetime) -> Contact:
    rows = Contact.objects.for_tenant(actor.tenant_id)
    if rows.filter(requester=actor, state=Contact.State.ASKED).count() >= MAX_OPEN_REQUESTS:
        raise ContactRequestsFull(limit=MAX_OPEN_REQUESTS)
    contact = Contact(tenant_id=actor.tenant_id, requester=actor, other=other)
    contact.save(force_insert=True)
    record_between(actor, "contact.asked", other, now=now)
    return contact


def _accept(actor: User, other: User, contact: Contact, now: datetime) -> None:
    contact.state, contact.accepted_at = Contact.State.ACCEPTED, now
    contact.save(update_fields=["state", "accepted_at"])
    record_between(actor, "contact.accepted", other, now=now)


def _between(actor: User, other_id: UUID) -> Contact | None:
    pair = Q(requester=actor, other_id=other_id) | Q(requester_id=other_id, other=actor)
    return Contact.objects.for_tenant(actor.tenant_id).filter(pair).first()


def _how_it_ends(contact: Contact, actor: User) -> str:
    if contact.state == Contact.State.ACCEPTED:
        return "ended"
    return "withdrawn" if contact.requester_id == actor.pk else "declined"
