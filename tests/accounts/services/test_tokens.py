"""Who is behind a token."""

from datetime import timedelta

import pytest
from oauth2_provider.models import get_access_token_model
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.accounts.services.tokens import user_for_token
from apps.common.clock import now_ms
from tests.accounts.token_cases import CASES, TokenCase
from tests.rest_client import issue_token


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_token_lets_in_whom_it_should(alice: User, bob: User, case: TokenCase) -> None:
    others = issue_token(bob)

    token = case.present(alice)

    if case.is_alive:
        user, access = user_for_token(token)
        assert (user, access.is_whole) == (alice, case.is_good)
    else:
        with pytest.raises(TokenInvalid):
            user_for_token(token)
    assert case.name == "of a suspended tenant" or user_for_token(others)[0] == bob


def test_a_token_tells_its_user_tenant_and_end(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = issue_token(alice, lifetime=timedelta(minutes=5))

    with django_assert_num_queries(1):
        user, access = user_for_token(token)
        tenant = user.tenant

    assert (user, tenant, access.client_id) == (alice, alice.tenant, "imsite-cli")
    assert 0 < access.expires_ms - now_ms() <= 5 * 60 * 1000


def test_the_database_holds_no_token_that_signs_in(alice: User) -> None:
    token = issue_token(alice)

    row = get_access_token_model().objects.get(user=alice)

    assert token not in {row.token, row.token_checksum}


def test_revoking_ends_browser_sessions_as_well(alice: User) -> None:
    before = alice.get_session_auth_hash()

    services.revoke_tokens(alice)

    kept = User.unscoped.get(pk=alice.pk)
    assert kept.get_session_auth_hash() == alice.get_session_auth_hash() != before


def test_revoking_takes_back_one_users_tokens_only(alice: User, bob: User) -> None:
    token, other = issue_token(alice), issue_token(bob)

    services.revoke_tokens(alice)

    with pytest.raises(TokenInvalid):
        user_for_token(token)
    assert user_for_token(other)[0] == bob
