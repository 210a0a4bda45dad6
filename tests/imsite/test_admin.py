"""The overview counts what there is, for those who may see it."""

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_group
from tests.admin.conftest import admin_pages, make_terminal, make_tokens, root
from tests.conftest import PASSWORD

__all__ = ["admin_pages", "root"]


def figures(client: Client) -> dict[str, str]:
    overview = client.get(reverse("admin:index"))
    return {figure["label"]: figure["value"] for figure in overview.context["figures"]}


def test_it_counts(admin_pages: Client, alice: User, bob: User) -> None:
    User.unscoped.filter(pk=bob.pk).update(is_active=False)
    start_group(alice, title="x", member_ids=[], now_ms=now_ms())
    make_terminal(alice)
    make_tokens(alice, "x")

    assert figures(admin_pages) == {
        "Tenants": "2",
        "Active users": "2",
        "Conversations": "1",
        "Events in all logs": "1",
        "Terminals in use": "1",
        "Programs signed in": "1",
    }


def test_an_empty_installation_has_an_overview_too(admin_pages: Client) -> None:
    assert figures(admin_pages)["Events in all logs"] == "0"


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
    assert admin_pages.get(reverse("admin:index")).status_code == 200
