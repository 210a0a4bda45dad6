"""How requests reach the library."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts.oauth.core import ASKING, ISSUER, PERSON, TENANT, Core, issuer_of, sign_in_facts


def request(**headers: str) -> Any:
    made: Any = RequestFactory().get("/oauth/authorize/", {"a": "1", "b": "", "c": "x"}, headers=headers)
    made.session, made.user = {}, AnonymousUser()
    return made


def test_a_parameter_without_a_value_is_left_out() -> None:
    assert Core(server=object())._get_escaped_full_path(request()) == "/oauth/authorize/?a=1&c=x"


def test_the_issuer_is_the_origin_that_was_asked() -> None:
    tls = RequestFactory().get("/", secure=True, headers={"Host": "testserver"})

    assert issuer_of(request()) == "http://testserver"
    assert issuer_of(tls) == "https://testserver"


def test_no_header_of_a_client_says_who_asks() -> None:
    asked = request(
        **{"imsite.tenant": "x", "imsite-tenant": "x", "imsite.person": "x", "imsite.issuer": "https://evil.example"}
    )

    headers = Core(server=object()).extract_headers(asked)

    assert (headers[TENANT], headers[PERSON], headers[ISSUER]) == (None, None, "http://testserver")
    setattr(asked, ASKING, SimpleNamespace(pk=7, tenant_id="acme"))
    headers = Core(server=object()).extract_headers(asked)
    assert (headers[TENANT], headers[PERSON]) == ("acme", "7")


class TestHowSheSignedIn:
    def test_is_what_the_session_says(self) -> None:
        asked = request()
        asked.session = {"signed_in_at": 1_700_000_000, "amr": ["pwd", "otp"]}

        assert sign_in_facts(asked) == (datetime.fromtimestamp(1_700_000_000, tz=UTC), ("pwd", "otp"))

    @pytest.mark.parametrize("at", [None, "x", 0, -1, 1e300, float("nan")])
    def test_without_it_is_when_she_last_did(self, at: object) -> None:
        asked = request()
        asked.session = {"signed_in_at": at, "amr": "pwd"}
        asked.user.last_login = timezone.now() - timedelta(days=1)

        assert sign_in_facts(asked) == (asked.user.last_login, ())

    def test_without_anything_is_now(self) -> None:
        before = timezone.now()

        assert sign_in_facts(request())[0] >= before
