"""Finding people: active ones of one's own tenant, nobody else."""

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.selectors import get_user, get_users, search_users
from apps.tenants.models import Tenant


def test_one_user_is_found_by_id(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert get_user(alice.tenant_id, alice.id) == alice


def test_a_foreign_an_inactive_and_an_unknown_user_are_refused_alike(alice: User, bob: User, eve: User) -> None:
    services.deactivate_user(bob)

    for user_id in (eve.id, bob.id, uuid4()):
        with pytest.raises(UserNotFound) as refusal:
            get_user(alice.tenant_id, user_id)
        assert refusal.value.fields == {"user": str(user_id)}


def test_several_users_take_one_query(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert get_users(alice.tenant_id, [bob.id, alice.id, bob.id]) == {alice.id: alice, bob.id: bob}


def test_one_foreign_user_among_several_is_named(alice: User, bob: User, eve: User) -> None:
    with pytest.raises(UserNotFound) as refusal:
        get_users(alice.tenant_id, [bob.id, eve.id])

    assert refusal.value.fields == {"user": str(eve.id)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["Alice", "Bob", "张卡罗"]),
        ("ali", ["Alice"]),
        ("BOB", ["Bob"]),
        ("卡罗", ["张卡罗"]),
        ("carol", ["张卡罗"]),
        ("o", ["Bob", "张卡罗"]),
        ("%", []),
        ("_", []),
        ("nobody", []),
    ],
)
def test_people_are_found_by_part_of_a_name(
    alice: User, bob: User, carol: User, eve: User, text: str, names: list[str]
) -> None:
    assert [user.display_name for user in search_users(alice.tenant_id, text=text)] == names


def test_people_of_the_same_name_keep_an_order(tenant: Tenant) -> None:
    twins = [
        services.create_user(tenant, username=f"twin{n}", password="a decent password", display_name="Twin")
        for n in range(5)
    ]

    assert list(search_users(tenant.id, text="twin")) == sorted(twins, key=lambda user: user.id)
