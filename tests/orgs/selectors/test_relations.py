"""Contacts and blocks as their people read them."""

import itertools
from uuid import UUID

from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.orgs.models import Block, Contact
from apps.orgs.selectors.relations import blocks_of, contacts_of, is_blocked

_numbers = itertools.count()
"""For ids, which grow with time."""


def ask(requester: User, other: User, state: str = "asked") -> Contact:
    contact = Contact(
        id=UUID(int=next(_numbers)), tenant_id=requester.tenant_id, requester=requester, other=other, state=state
    )
    contact.save()
    return contact


def block(user: User, blocked: User) -> Block:
    row = Block(id=UUID(int=next(_numbers)), tenant_id=user.tenant_id, user=user, blocked=blocked)
    row.save()
    return row


def test_contacts_are_ones_own_newest_first(alice: User, bob: User, carol: User) -> None:
    first, second, _foreign = ask(alice, bob), ask(carol, alice, "accepted"), ask(bob, carol)

    assert list(contacts_of(alice)) == [second, first]


def test_contacts_by_state(alice: User, bob: User, carol: User) -> None:
    asked, accepted = ask(alice, bob), ask(carol, alice, "accepted")

    assert list(contacts_of(alice, state="asked_by_me")) == [asked]
    assert list(contacts_of(bob, state="asked_by_them")) == [asked]
    assert list(contacts_of(bob, state="asked_by_me")) == []
    assert list(contacts_of(alice, state="accepted")) == [accepted]


def test_who_was_deactivated_is_left_out(alice: User, bob: User, carol: User) -> None:
    ask(alice, bob)
    ask(carol, alice, "accepted")
    deactivate_user(bob)
    deactivate_user(carol)

    assert list(contacts_of(alice)) == []


def test_blocks_are_ones_own(
    alice: User, bob: User, carol: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second, _foreign = block(alice, bob), block(alice, carol), block(bob, alice)

    with django_assert_num_queries(1):
        rows = list(blocks_of(alice))
        names = [row.blocked.username for row in rows]

    assert (rows, names) == ([second, first], ["carol", "bob"])


def test_a_block_is_between_two_whoever_made_it(alice: User, bob: User, carol: User) -> None:
    block(alice, bob)

    assert is_blocked(alice, bob.id)
    assert is_blocked(bob, alice.id)
    assert not is_blocked(alice, carol.id)
