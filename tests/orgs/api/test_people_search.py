"""REST: finding people, within what one sees."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.models import User
from apps.common.rest.pages import write_cursor
from apps.orgs.api.people_search import _Position
from apps.orgs.models import PersonSettings
from apps.orgs.visibility import Department, Organisation, Person, Placement, World
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.orgs.small_worlds import store_world
from tests.rest_client import signed_in


class TestPeople:
    def test_people_of_ones_tenant_are_listed_by_name(self, alice: User, bob: User, carol: User, eve: User) -> None:
        answer = signed_in(bob).get("/api/v1/users")

        assert answer.status == 200
        assert [item["display_name"] for item in answer.body["items"]] == ["Alice", "Bob", "张卡罗"]
        assert answer.body["items"][0] == {
            "id": str(alice.id),
            "username": "alice",
            "display_name": "Alice",
            "is_bot": False,
        }
        assert answer.body["next"] == ""

    def test_they_can_be_searched(self, alice: User, bob: User, carol: User) -> None:
        answer = signed_in(alice).get("/api/v1/users?q=%E5%8D%A1")

        assert [item["username"] for item in answer.body["items"]] == ["carol"]

    def test_pages_hold_everyone_once(self, tenant: Tenant, alice: User) -> None:
        for number in range(7):
            services.create_user(tenant, username=f"u{number}", password=PASSWORD, display_name=f"Twin {number // 3}")
        client = signed_in(alice)
        seen: list[str] = []
        cursor, pages = "", 0

        while pages == 0 or cursor:
            page = client.get(f"/api/v1/users?limit=3&cursor={cursor}").body
            seen += [item["username"] for item in page["items"]]
            cursor, pages = page["next"], pages + 1

        assert pages == 3
        assert sorted(seen) == sorted(["alice", *(f"u{number}" for number in range(7))])

    def test_a_page_costs_four_queries_whatever_its_size(
        self, tenant: Tenant, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            services.create_user(tenant, username=f"u{number}", password=PASSWORD)
        client = signed_in(alice)

        with django_assert_num_queries(4):  # the token, where she stands (2), the page
            assert len(client.get("/api/v1/users").body["items"]) == 21

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=nonsense", "q=%00", "unknown=1"])
    def test_bad_parameters_are_refused(self, alice: User, query: str) -> None:
        answer = signed_in(alice).get(f"/api/v1/users?{query}")

        assert (answer.status, answer.code) == (400, "invalid_input")

    def test_a_cursor_made_up_to_hold_what_no_name_can_is_refused(self, alice: User) -> None:
        made_up = write_cursor(_Position("a\0b", alice.id))

        answer = signed_in(alice).get(f"/api/v1/users?cursor={made_up}")

        assert (answer.status, answer.code) == (400, "invalid_input")

    def test_one_person_is_found_by_id(
        self, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in(alice)

        with django_assert_num_queries(4):
            answer = client.get(f"/api/v1/users/{bob.id}")

        assert answer.body == {"id": str(bob.id), "username": "bob", "display_name": "Bob", "is_bot": False}

    def test_a_program_is_told_apart_from_people(self, alice: User, bob: User) -> None:
        User.unscoped.filter(pk=bob.pk).update(kind=User.Kind.SERVICE)

        assert signed_in(alice).get(f"/api/v1/users/{bob.id}").body["is_bot"] is True

    @pytest.mark.parametrize("user_id", ["x", "0198e2a0-0000-7000-8000-000000000001"])
    def test_nobody_is_found_by_another(self, alice: User, user_id: str) -> None:
        assert signed_in(alice).get(f"/api/v1/users/{user_id}").status == 404


class TestWhoSeesWhom:
    """One place where the rules reach the API; the rules themselves are tested with the selectors."""

    def test_who_is_not_seen_is_neither_listed_nor_read(self, db: None) -> None:
        stored = store_world(
            World(
                people={name: Person() for name in "abcdef"},
                organisations={"acme": Organisation()},
                departments={"root": Department("acme"), "lab": Department("acme", "root", is_hidden=True)},
                placements=(
                    *(Placement(name, "root") for name in "abcd"),
                    Placement("e", "lab"),
                    Placement("f", "lab"),
                ),
            )
        )
        client = signed_in(stored.users["a"])

        assert [item["username"] for item in client.get("/api/v1/users").body["items"]] == ["a", "b", "c", "d"]
        assert client.get("/api/v1/users?q=e").body["items"] == []
        assert client.get(f"/api/v1/users/{stored.users['e'].id}").code == "user_not_found"
        assert client.get("/api/v1/users/by-login?login=e").code == "user_not_found"
        assert signed_in(stored.users["f"]).get(f"/api/v1/users/{stored.users['e'].id}").status == 200


class TestByLogin:
    @pytest.mark.parametrize("login", ["bob@acme", "bob", "BOB@Acme", "%20bob%20"])
    def test_the_exact_name_finds_who_does_not_hide(self, alice: User, bob: User, login: str) -> None:
        PersonSettings(tenant_id=bob.tenant_id, user=bob, is_guest=True).save()

        answer = signed_in(alice).get(f"/api/v1/users/by-login?login={login}")

        assert (answer.status, answer.body) == (
            200,
            {"id": str(bob.id), "username": "bob", "display_name": "Bob", "is_bot": False},
        )

    @pytest.mark.parametrize("login", ["bo", "bob@rival", "eve@rival", "eve", "@acme", "bob@", "b%25"])
    def test_nothing_less_does(self, alice: User, bob: User, eve: User, login: str) -> None:
        answer = signed_in(alice).get(f"/api/v1/users/by-login?login={login}")

        assert (answer.status, answer.code) == (404, "user_not_found")

    def test_the_hidden_and_the_inactive_are_not_found(self, alice: User, bob: User, carol: User) -> None:
        PersonSettings(tenant_id=bob.tenant_id, user=bob, is_hidden=True).save()
        services.deactivate_user(carol)
        client = signed_in(alice)

        assert client.get("/api/v1/users/by-login?login=bob").code == "user_not_found"
        assert client.get("/api/v1/users/by-login?login=carol").code == "user_not_found"

    @pytest.mark.parametrize("query", ["", "login=", "login=%00", "login=a&x=1"])
    def test_bad_parameters_are_refused(self, alice: User, query: str) -> None:
        assert signed_in(alice).get(f"/api/v1/users/by-login?{query}").code == "invalid_input"
