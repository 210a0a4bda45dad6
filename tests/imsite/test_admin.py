"""The admin's door opens to whoever has a power, and its first page shows what she has."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import get_access_token_model

from apps.access.models import Grant
from apps.accounts.models import User
from tests.admin.conftest import admin_pages, grant, helper, helper_pages, make_tokens, root
from tests.conftest import PASSWORD

__all__ = ["admin_pages", "grant", "helper", "helper_pages", "root"]

INDEX = "admin:index"


def test_an_empty_installation_has_an_overview_too(admin_pages: Client) -> None:
    overview = admin_pages.get(reverse(INDEX))

    values = {figure.label: figure.value for figure in overview.context["figures"]}
    assert values["Events in all logs"] == "0"
    assert overview.context["places"] == ["the whole system"]


def test_the_door_opens_as_long_as_the_power_lasts(
    helper: User, helper_pages: Client, grant: Callable[..., None]
) -> None:
    before = helper_pages.get(reverse(INDEX)).status_code
    grant(helper, "accounts.terminals.view")
    during = helper_pages.get(reverse(INDEX)).status_code
    Grant.unscoped.all().delete()

    assert (before, during, helper_pages.get(reverse(INDEX)).status_code) == (302, 200, 302)


@pytest.mark.parametrize(("old", "signed_in"), [(PASSWORD, False), ("wrong", True)])
def test_changing_ones_own_password_signs_out_ones_programs(
    admin_pages: Client, root: User, old: str, signed_in: bool
) -> None:
    make_tokens(root, "x")
    new = "quite another one"

    admin_pages.post(
        reverse("admin:password_change"), {"old_password": old, "new_password1": new, "new_password2": new}
    )

    root.refresh_from_db()
    assert root.check_password(new) is not signed_in
    assert get_access_token_model().objects.filter(user=root).exists() is signed_in
    assert admin_pages.get(reverse(INDEX)).status_code == 200
