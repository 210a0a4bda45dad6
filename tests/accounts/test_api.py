"""REST: one's own account and the people of one's tenant."""

from typing import Any, get_args

import pytest
from django.conf import settings as site
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.api import Language, _Position
from apps.accounts.models import User
from apps.common.rest.pages import write_cursor
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.rest_client import signed_in


class TestMe:
    def test_it_tells_who_one_is(self, alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        client = signed_in(alice)

        with django_assert_num_queries(1):
            answer = client.get("/api/v1/me")

        assert answer.status == 200
        assert answer.body == {
            "id": str(alice.id),
            "tenant": {"id": str(alice.tenant_id), "slug": "acme", "name": "Acme"},
            "username": "alice",
            "login": "alice@acme",
            "display_name": "Alice",
            "email": "",
            "locale": "",
            "is_staff": False,
        }

    def test_name_and_language_can_be_changed(self, alice: User) -> None:
        client = signed_in(alice)

        named = client.patch("/api/v1/me", {"display_name": "爱丽丝"})
        spoken = client.patch("/api/v1/me", {"locale": "zh-hans"})

        assert (named.status, named.body["display_name"], named.body["locale"]) == (200, "爱丽丝", "")
        assert (spoken.status, spoken.body["display_name"], spoken.body["locale"]) == (200, "爱丽丝", "zh-hans")

    @pytest.mark.parametrize(
        "change",
        [
            {"display_name": ""},
            {"display_name": " "},
            {"display_name": "x" * 101},
            {"display_name": None},
            {"display_name": "a\u202eb"},
            {"locale": "tlh"},
            {"is_staff": True},
            {"login": "root@system"},
            [],
            b"{",
        ],
    )
    def test_nothing_else_can(self, alice: User, change: Any) -> None:
        answer = signed_in(alice).patch("/api/v1/me", change)

        assert answer.status == 400
        assert answer.code in {"invalid_input", "malformed_request"}
        alice.refresh_from_db()
        assert (alice.display_name, alice.is_staff) == ("Alice", False)

    def test_a_body_of_another_type_is_refused(self, alice: User) -> None:
        answer = signed_in(alice).patch("/api/v1/me", b"display_name=x", content_type="text/plain")

        assert (answer.status, answer.code) == (415, "unsupported_media_type")

    def test_a_huge_body_is_refused(self, alice: User) -> None:
        answer = signed_in(alice).patch("/api/v1/me", {"display_name": "x" * 100_000})

        assert (answer.status, answer.code) == (413, "too_large")

    def test_other_methods_are_refused(self, alice: User) -> None:
        client = signed_in(alice)

        assert client.delete("/api/v1/me").code == "method_not_allowed"
        assert client.request("OPTIONS", "/api/v1/me").code == "method_not_allowed"

    def test_the_languages_are_those_of_the_site(self) -> None:
        assert set(get_args(Language)) == {"", *(code for code, _name in site.LANGUAGES)}


class TestUsers:
    def test_people_of_ones_tenant_are_listed_by_name(self, alice: User, bob: User, carol: User, eve: User) -> None:
        answer = signed_in(bob).get("/api/v1/users")

        assert answer.status == 200
        assert [item["display_name"] for item in answer.body["items"]] == ["Alice", "Bob", "张卡罗"]
        assert answer.body["items"][0] == {"id": str(alice.id), "username": "alice", "display_name": "Alice"}
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

    def test_a_page_costs_two_queries_whatever_its_size(
        self, tenant: Tenant, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            services.create_user(tenant, username=f"u{number}", password=PASSWORD)
        client = signed_in(alice)

        with django_assert_num_queries(2):  # the token, the page
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

        with django_assert_num_queries(2):
            answer = client.get(f"/api/v1/users/{bob.id}")

        assert answer.body == {"id": str(bob.id), "username": "bob", "display_name": "Bob"}

    @pytest.mark.parametrize("user_id", ["x", "0198e2a0-0000-7000-8000-000000000001"])
    def test_nobody_is_found_by_another(self, alice: User, user_id: str) -> None:
        assert signed_in(alice).get(f"/api/v1/users/{user_id}").status == 404
