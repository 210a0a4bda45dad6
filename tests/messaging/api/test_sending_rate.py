"""What users and their tenants may send over REST."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.accounts.models import User
from apps.common.rest.throttling import buckets
from apps.messaging.api.sending_rate import SendThrottle
from apps.tenants.models import Tenant

VIEW = type("View", (), {"throttle_scope": "send"})()


@pytest.fixture(autouse=True)
def full_buckets() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


@pytest.fixture
def limited(tenant: Tenant) -> Tenant:
    """Three messages per minute."""
    tenant.messages_per_minute_max = 3
    tenant.save()
    return tenant


def admitted(user: User | AnonymousUser, method: str = "post") -> bool:
    request = Request(getattr(APIRequestFactory(), method)("/"))
    request.user = user
    throttle = SendThrottle()
    granted = throttle.allow_request(request, VIEW)
    assert granted == (throttle.wait() == 0.0)
    return granted


@pytest.mark.usefixtures("limited")
def test_the_people_of_a_tenant_share_its_rate(alice: User, bob: User, eve: User) -> None:
    answers = [admitted(user) for user in (alice, bob, alice, bob)]

    assert answers == [True, True, True, False]
    assert admitted(eve)


def test_a_tenant_without_a_rate_sends_what_its_people_may(alice: User) -> None:
    assert all(admitted(alice) for _ in range(20))


@pytest.mark.usefixtures("limited")
def test_reading_is_not_sending(alice: User) -> None:
    assert all(admitted(alice, "get") for _ in range(10))
    assert admitted(alice)


@pytest.mark.usefixtures("limited")
def test_what_a_users_own_rate_refuses_does_not_count_against_her_tenant(
    alice: User, bob: User, settings: Settings
) -> None:
    settings.IM_REST_PER_MINUTE = {"request": 100, "send": 2}

    flood = [admitted(alice) for _ in range(10)]

    assert flood.count(True) == 2
    assert admitted(bob)


@pytest.mark.usefixtures("limited")
def test_nobody_signed_in_has_no_tenant(db: None) -> None:
    assert all(admitted(AnonymousUser()) for _ in range(10))


@pytest.mark.usefixtures("limited")
def test_it_asks_the_database_nothing(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        admitted(alice)
