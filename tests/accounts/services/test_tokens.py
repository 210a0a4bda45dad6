"""Who is behind a token."""

from datetime import timedelta

import pytest
from oauth2_provider.models import get_access_token_model
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.accounts.services.tokens import principal_for_token
from apps.common.clock import now_ms
from apps.tenants.services import suspend_tenant
from tests.rest_client import issue_token


def test_a_token_tells_its_user_tenant_and_end(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = issue_token(alice, lifetime=timedelta(minutes=5))

    with django_assert_num_queries(1):
        principal = principal_for_token(token)

    assert (principal.user_id, principal.tenant_id) == (alice.id, alice.tenant_id)
    assert principal.display_name == "Alice"
    assert 0 < principal.expires_ms - now_ms() <= 5 * 60 * 1000


def test_the_database_holds_no_token_that_signs_in(alice: User) -> None:
    token = issue_token(alice)

    row = get_access_token_model().objects.get(user=alice)

    assert token not in {row.token, row.token_checksum}


@pytest.mark.parametrize("token", ["", "nonsense", "\0", "\ud800", "x" * 10_000])
@pytest.mark.django_db
def test_an_unknown_token_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        principal_for_token(token)


def test_an_expired_token_is_refused(alice: User) -> None:
    with pytest.raises(TokenInvalid):
        principal_for_token(issue_token(alice, lifetime=timedelta(seconds=-1)))


def test_a_token_of_another_scope_is_refused(alice: User) -> None:
    with pytest.raises(TokenInvalid):
        principal_for_token(issue_token(alice, scope="other"))


def test_a_token_of_a_suspended_tenant_is_refused(alice: User) -> None:
    token = issue_token(alice)

    suspend_tenant(alice.tenant)

    with pytest.raises(TokenInvalid):
        principal_for_token(token)


def test_revoking_takes_back_one_users_tokens_only(alice: User, bob: User) -> None:
    token, other = issue_token(alice), issue_token(bob)

    services.revoke_tokens(alice)

    with pytest.raises(TokenInvalid):
        principal_for_token(token)
    assert principal_for_token(other).user_id == bob.id
