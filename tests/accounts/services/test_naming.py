"""Whoever has a name is found by it."""

import pytest

from apps.accounts.models import User
from apps.accounts.services.naming import make_all_findable, make_findable
from apps.tenants.models import Tenant


def test_a_user_is_found_by_display_name_and_user_name(tenant: Tenant) -> None:
    user = User(tenant=tenant, username="zxm01", display_name="张晓明")

    make_findable(user)

    keys = user.search_text.split("\n")
    assert {"张晓明", "^zhangxiaoming", "^zxm01"} <= set(keys)
    assert {"晓明", "^z"} <= set(user.search_grams)


def test_users_of_an_older_release_become_findable_once(alice: User, bob: User, eve: User) -> None:
    User.unscoped.filter(pk__in=[alice.pk, eve.pk]).update(search_text="", search_grams=[])

    first, second = make_all_findable(), make_all_findable()

    assert (first, second) == (2, 0)
    eve.refresh_from_db()
    assert eve.search_text == "^eve"


@pytest.mark.parametrize("name", ["…", "—"])
def test_a_name_of_signs_alone_is_done_with(alice: User, name: str) -> None:
    User.unscoped.filter(pk=alice.pk).update(search_text="", username=name, display_name=name)

    assert make_all_findable() == 1
    assert make_all_findable() == 0
