"""REST: one's contacts. Blocks are `messaging`'s, because they close conversations."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.common.clock import to_ms
from apps.common.rest.openapi import operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_query
from apps.orgs.api.people_search import UserView, user_view
from apps.orgs.models import Contact
from apps.orgs.selectors.relations import contacts_of
from apps.orgs.selectors.visibility import ContactState, contact_word
from apps.orgs.services.contacts import ask_contact, remove_contact


class ContactView(Output):
    """Somebody one asked, who asked, or who is a contact; `at` (unix ms) is when it came to that."""

    user: UserView
    state: ContactState
    at: int


class ContactPage(Output):
    """One page of contacts and requests, the newest first. `next` is the cursor of the next page, empty at the end."""

    items: list[ContactView]
    next: str


class ContactSearch(Input):
    """Which of them."""

    state: Annotated[ContactState | Literal[""], msgspec.Meta(description="Only these; empty for all.")] = ""
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class _Position(msgspec.Struct, array_like=True):
    """Where a page ends; ids grow with time."""

    id: UUID


class ContactsView(APIView):
    """One's contacts."""

    @operation("contacts_list", summary="List contacts", query=ContactSearch, answers={200: ContactPage})
    def get(self, request: Request) -> Response:
        """Return one's contacts and requests, asked by oneself and by others."""
        search, viewer = read_query(request, ContactSearch), actor_of(request)
        contacts = contacts_of(viewer, state=search.state)
        if position := read_cursor(search.cursor, _Position):
            contacts = contacts.filter(id__lt=position.id)
        page, following = read_page(contacts, limit=search.limit, end=lambda contact: _Position(contact.id))
        return Response(ContactPage(items=[_view(contact, viewer) for contact in page], next=following))


class ContactDetailView(APIView):
    """Oneself and one other person."""

    @operation(
        "contacts_ask",
        summary="Ask to be a contact, or agree",
        answers={200: ContactView},
        refusals=(403, 404, 409),
    )
    def put(self, request: Request, user: UUID) -> Response:
        """Ask a person to be a contact; if she asked first, agree. Again changes nothing."""
        actor = actor_of(request)
        return Response(_view(ask_contact(actor, user_id=user, now=timezone.now()), actor))

    @operation("contacts_remove", summary="Take back, decline or end a contact", answers={204: None}, refusals=(404,))
    def delete(self, request: Request, user: UUID) -> Response:
        """Take back one's request, decline the other's, or end it. Again changes nothing."""
        remove_contact(actor_of(request), user_id=user, now=timezone.now())
        return Response(status=204)


def _view(contact: Contact, viewer: User) -> ContactView:
    is_own = contact.requester_id == viewer.id
    return ContactView(
        user=user_view(contact.other if is_own else contact.requester),
        state=contact_word(contact, viewer.id),
        at=to_ms(contact.accepted_at or contact.created_at),
    )
