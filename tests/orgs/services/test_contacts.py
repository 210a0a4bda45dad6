"""Contacts: asked, agreed, declined, ended; each refusal beside its success."""

from datetime import timedelta

import pytest

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.services import create_user, deactivate_user
from apps.audit.models import Entry
from apps.orgs.errors import Blocked, ContactRequestsFull
from apps.orgs.models import Block, Contact, PersonSettings
from apps.orgs.selectors.visibility import may_see
from apps.orgs.services import contacts
from apps.orgs.services.contacts import ask_contact, remove_contact
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.orgs.conftest import NOW


def actions(user: User) -> list[str]:
    entries = Entry.objects.for_tenant(user.tenant_id).order_by("number")
    return [action.removeprefix("orgs.contact.") for action in entries.values_list("action", flat=True)]


def rows(user: User) -> list[tuple[str, str, str]]:
    found = Contact.objects.for_tenant(user.tenant_id).select_related("requester", "other")
    return [(row.requester.username, row.other.username, row.state) for row in found]


def hide(user: User) -> None:
    PersonSettings(tenant_id=user.tenant_id, user=user, is_hidden=True).save()


class TestAsking:
    def test_one_asks(self, alice: User, bob: User) -> None:
        contact = ask_contact(alice, user_id=bob.id, now=NOW)

        assert (contact.state, contact.accepted_at) == ("asked", None)
        assert rows(alice) == [("alice", "bob", "asked")]
        assert actions(alice) == ["asked"]

    def test_again_changes_nothing(self, alice: User, bob: User) -> None:
        first = ask_contact(alice, user_id=bob.id, now=NOW)

        assert ask_contact(alice, user_id=bob.id, now=NOW + timedelta(days=1)) == first
        assert actions(alice) == ["asked"]

    def test_the_other_one_agrees_by_asking_too(self, alice: User, bob: User) -> None:
        ask_contact(alice, user_id=bob.id, now=NOW)

        contact = ask_contact(bob, user_id=alice.id, now=NOW)

        assert (contact.state, contact.accepted_at) == ("accepted", NOW)
        assert ask_contact(alice, user_id=bob.id, now=NOW).state == "accepted"
        assert rows(alice) == [("alice", "bob", "accepted")]
        assert actions(alice) == ["asked", "accepted"]

    def test_a_guest_is_asked_by_who_knows_her_and_seen_once_she_agrees(self, alice: User, bob: User) -> None:
        PersonSettings(tenant_id=bob.tenant_id, user=bob, is_guest=True).save()
        ask_contact(alice, user_id=bob.id, now=NOW)
        before = may_see(alice, [bob.id])

        ask_contact(bob, user_id=alice.id, now=NOW)

        assert (before, may_see(alice, [bob.id]), may_see(bob, [alice.id])) == (set(), {bob.id}, {alice.id})

    def test_not_the_hidden_who_may_ask_themselves(self, alice: User, bob: User) -> None:
        hide(bob)

        with pytest.raises(UserNotFound):
            ask_contact(alice, user_id=bob.id, now=NOW)
        ask_contact(bob, user_id=alice.id, now=NOW)
        assert rows(alice) == [("bob", "alice", "asked")]

    def test_who_was_asked_by_somebody_hidden_agrees(self, alice: User, bob: User) -> None:
        hide(bob)
        ask_contact(bob, user_id=alice.id, now=NOW)

        assert ask_contact(alice, user_id=bob.id, now=NOW).state == "accepted"

    def test_not_who_asked_and_is_gone(self, alice: User, bob: User) -> None:
        ask_contact(bob, user_id=alice.id, now=NOW)
        deactivate_user(bob)

        with pytest.raises(UserNotFound):
            ask_contact(alice, user_id=bob.id, now=NOW)

    def test_not_strangers_nor_oneself_nor_who_is_gone(self, alice: User, bob: User, eve: User) -> None:
        deactivate_user(bob)

        for user_id in (eve.id, alice.id, bob.id):
            with pytest.raises(UserNotFound):
                ask_contact(alice, user_id=user_id, now=NOW)

    @pytest.mark.parametrize("blocks", ["alice", "bob"])
    def test_not_while_one_blocks_the_other(self, alice: User, bob: User, blocks: str) -> None:
        pair = {"alice": (alice, bob), "bob": (bob, alice)}[blocks]
        Block(tenant_id=alice.tenant_id, user=pair[0], blocked=pair[1]).save()

        with pytest.raises(Blocked):
            ask_contact(alice, user_id=bob.id, now=NOW)

    def test_open_requests_have_a_bound(
        self, tenant: Tenant, alice: User, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(contacts, "MAX_OPEN_REQUESTS", 1)
        ask_contact(alice, user_id=bob.id, now=NOW)

        with pytest.raises(ContactRequestsFull, match="1 people"):
            ask_contact(alice, user_id=carol.id, now=NOW)

        ask_contact(bob, user_id=alice.id, now=NOW)
        ask_contact(alice, user_id=carol.id, now=NOW)
        dan = create_user(tenant, username="dan", password=PASSWORD)
        ask_contact(dan, user_id=alice.id, now=NOW)
        assert ask_contact(alice, user_id=dan.id, now=NOW).state == "accepted"


class TestEnding:
    @pytest.mark.parametrize(("ends", "action"), [("alice", "withdrawn"), ("bob", "declined")])
    def test_either_ends_what_was_asked(self, alice: User, bob: User, ends: str, action: str) -> None:
        ask_contact(alice, user_id=bob.id, now=NOW)
        actor, other = {"alice": (alice, bob), "bob": (bob, alice)}[ends]

        remove_contact(actor, user_id=other.id, now=NOW)

        assert (rows(alice), actions(alice)) == ([], ["asked", action])

    def test_either_ends_what_was_agreed(self, alice: User, bob: User) -> None:
        ask_contact(alice, user_id=bob.id, now=NOW)
        ask_contact(bob, user_id=alice.id, now=NOW)

        remove_contact(alice, user_id=bob.id, now=NOW)

        assert (rows(alice), actions(alice)[-1]) == ([], "ended")

    def test_nothing_happens_where_there_is_nothing(self, alice: User, bob: User, carol: User) -> None:
        ask_contact(bob, user_id=carol.id, now=NOW)

        remove_contact(alice, user_id=bob.id, now=NOW)

        assert (len(rows(alice)), actions(alice)) == (1, ["asked"])

    def test_there_has_to_be_somebody(self, alice: User, eve: User) -> None:
        with pytest.raises(UserNotFound):
            remove_contact(alice, user_id=eve.id, now=NOW)
