"""REST: one's own account."""

from typing import Any, get_args

import pytest
from django.conf import settings as site
from pytest_django import DjangoAssertNumQueries

from apps.accounts.api.me import Language
from apps.accounts.models import User
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
