"""REST: asking, agreeing, declining, ending."""

from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.orgs.models import Block, Contact
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.rest_client import RestClient, signed_in


def states(client: RestClient, state: str = "") -> list[tuple[str, str]]:
    items = client.get(f"/api/v1/contacts?state={state}").body["items"]
    return [(item["user"]["username"], item["state"]) for item in items]


class TestAsking:
    def test_both_see_how_far_they_are(self, alice: User, bob: User) -> None:
        client, other = signed_in(alice), signed_in(bob)

        asked = client.put(f"/api/v1/contacts/{bob.id}")

        assert asked.status == 200
        assert asked.body["user"] == {"id": str(bob.id), "username": "bob", "display_name": "Bob", "is_bot": False}
        assert asked.body["state"] == "asked_by_me"
        assert (states(client), states(other)) == ([("bob", "asked_by_me")], [("alice", "asked_by_them")])

    def test_asking_who_asked_is_agreeing(self, alice: User, bob: User) -> None:
        client, other = signed_in(alice), signed_in(bob)
        asked = client.put(f"/api/v1/contacts/{bob.id}").body

        agreed = other.put(f"/api/v1/contacts/{alice.id}").body

        assert (agreed["state"], agreed["user"]["username"]) == ("accepted", "alice")
        assert agreed["at"] >= asked["at"] > 1_700_000_000_000
        assert states(client) == [("bob", "accepted")]

    def test_who_is_blocked_is_told(self, alice: User, bob: User) -> None:
        Block(tenant_id=bob.tenant_id, user=bob, blocked=alice).save()

        answer = signed_in(alice).put(f"/api/v1/contacts/{bob.id}")

        assert (answer.status, answer.code) == (403, "blocked")

    def test_there_is_nobody_else(self, alice: User, eve: User) -> None:
        assert signed_in(alice).put(f"/api/v1/contacts/{eve.id}").code == "user_not_found"
        assert signed_in(alice).put(f"/api/v1/contacts/{alice.id}").code == "user_not_found"


class TestEnding:
    def test_it_is_gone_for_both(self, alice: User, bob: User) -> None:
        client, other = signed_in(alice), signed_in(bob)
        client.put(f"/api/v1/contacts/{bob.id}")

        assert other.delete(f"/api/v1/contacts/{alice.id}").status == 204
        assert (states(client), states(other)) == ([], [])
        assert other.delete(f"/api/v1/contacts/{alice.id}").status == 204


class TestListing:
    def test_by_state(self, alice: User, bob: User, carol: User) -> None:
        client = signed_in(alice)
        client.put(f"/api/v1/contacts/{bob.id}")
        signed_in(carol).put(f"/api/v1/contacts/{alice.id}")

        assert states(client, "asked_by_me") == [("bob", "asked_by_me")]
        assert states(client, "asked_by_them") == [("carol", "asked_by_them")]
        assert states(client, "accepted") == []

    def test_pages_hold_everyone_once_newest_first(
        self, tenant: Tenant, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        people = [create_user(tenant, username=f"u{number}", password=PASSWORD) for number in range(5)]
        for number, user in enumerate(people):
            Contact(id=UUID(int=number), tenant_id=tenant.id, requester=user, other=alice).save()
        client = signed_in(alice)
        seen: list[str] = []
        cursor, pages = "", 0

        while pages == 0 or cursor:
            with django_assert_num_queries(2):  # the token, the page
                page = client.get(f"/api/v1/contacts?limit=2&cursor={cursor}").body
            seen += [item["user"]["username"] for item in page["items"]]
            cursor, pages = page["next"], pages + 1

        assert (pages, seen) == (3, [f"u{number}" for number in reversed(range(5))])

    @pytest.mark.parametrize("query", ["state=friend", "limit=0", "cursor=nonsense", "x=1"])
    def test_bad_parameters_are_refused(self, alice: User, query: str) -> None:
        assert signed_in(alice).get(f"/api/v1/contacts?{query}").code == "invalid_input"
