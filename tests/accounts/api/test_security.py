"""REST: the figures of one's own account, and of nobody else's."""

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.common.clock import to_ms
from tests.accounts.browsers import browser_of
from tests.accounts.terminals import terminal_of
from tests.rest_client import signed_in

ROUTE = "/api/v1/me/security"
SET_AT = datetime(2026, 1, 2, tzinfo=UTC)


def test_it_says_what_there_is_in_few_queries(
    alice: User, eve: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    User.unscoped.filter(pk=alice.pk).update(password_set_at=SET_AT)
    client = signed_in(alice)
    for person in (alice, alice, eve):
        terminal_of(person)
        browser_of(person)

    with django_assert_num_queries(8):  # who she is, and what there is
        answer = client.get(ROUTE)

    assert answer.status == 200
    assert answer.body == {
        "password_set": to_ms(SET_AT),
        "must_renew_password": False,
        "needs_second_factor": False,
        "has_codes": False,
        "passkeys": 0,
        "recovery_codes": 0,
        "terminals": 2,
        "browsers": 2,
        "programs": 0,
        "links": 0,
    }


@pytest.mark.django_db
def test_without_a_password_it_has_no_age(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()

    body = signed_in(alice).get(ROUTE).body

    assert (body["password_set"], body["must_renew_password"]) == (None, False)
