"""Users are made, changed and switched off through the services; powers are for superusers."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import get_access_token_model

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.admin.conftest import make_terminal, make_tokens
from tests.conftest import PASSWORD

LIST = "admin:accounts_user_changelist"
ADD = "admin:accounts_user_add"


def page_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def new_user(tenant: Tenant, /, **fields: str) -> dict[str, str]:
    form = {"tenant": str(tenant.pk), "username": "Dora", "password1": PASSWORD, "password2": PASSWORD}
    return {**form, "display_name": "", "email": "", "locale": "", **fields}


def changes(user: User, **fields: str) -> dict[str, str]:
    form = {"display_name": user.display_name, "email": user.email, "locale": user.locale, "is_active": "on"}
    inline = {"terminals-TOTAL_FORMS": "0", "terminals-INITIAL_FORMS": "0"}
    return {key: value for key, value in {**form, **inline, **fields}.items() if value != "-"}


def run(client: Client, action: str, *users: User) -> None:
    data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    assert client.post(reverse(LIST), data).status_code == 302


def test_a_new_user_is_made_by_the_service(admin_pages: Client, tenant: Tenant) -> None:
    assert admin_pages.get(reverse(ADD)).status_code == 200

    answer = admin_pages.post(reverse(ADD), new_user(tenant, locale="zh-hans"))

    dora = User.unscoped.get(login="dora@acme")
    assert answer.status_code == 302
    assert (dora.display_name, dora.locale, dora.is_staff) == ("dora", "zh-hans", False)
    assert dora.check_password(PASSWORD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "not a name"},
        {"username": "alice"},
        {"password2": "differs"},
        {"password1": "12345", "password2": "12345"},
        {"email": "nonsense"},
        {"locale": "tlh"},
        {"tenant": ""},
    ],
    ids=str,
)
def test_what_the_services_would_refuse_is_an_error_of_the_form(
    admin_pages: Client, tenant: Tenant, alice: User, wrong: dict[str, str]
) -> None:
    answer = admin_pages.post(reverse(ADD), new_user(tenant, **wrong))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not User.unscoped.filter(username="dora").exists()


def test_the_same_name_in_another_tenant_is_free(admin_pages: Client, alice: User, other_tenant: Tenant) -> None:
    admin_pages.post(reverse(ADD), new_user(other_tenant, username="alice"))

    assert User.unscoped.filter(login="alice@rival").exists()


def test_a_change_keeps_the_sign_in_name(admin_pages: Client, alice: User) -> None:
    assert admin_pages.get(page_of(alice)).status_code == 200

    admin_pages.post(page_of(alice), changes(alice, display_name="Alicia", login="root@acme", username="x"))

    alice.refresh_from_db()
    assert (alice.display_name, alice.login, alice.username) == ("Alicia", "alice@acme", "alice")


def test_deactivating_on_the_page_signs_out(admin_pages: Client, alice: User) -> None:
    make_tokens(alice, "secret")

    admin_pages.post(page_of(alice), changes(alice, is_active="-"))

    alice.refresh_from_db()
    assert not alice.is_active
    assert not get_access_token_model().objects.filter(user=alice).exists()


def test_actions_switch_users_off_and_on(admin_pages: Client, alice: User, bob: User) -> None:
    make_tokens(alice, "secret")
    run(admin_pages, "deactivate", alice, bob)
    off = User.unscoped.filter(is_active=False).count()

    run(admin_pages, "activate", alice)

    alice.refresh_from_db()
    assert (off, alice.is_active) == (2, True)
    assert not get_access_token_model().objects.filter(user=alice).exists()


def test_nobody_locks_herself_out(admin_pages: Client, root: User) -> None:
    run(admin_pages, "deactivate", root)
    admin_pages.post(page_of(root), changes(root, is_active="-", is_superuser="-"))

    root.refresh_from_db()
    assert (root.is_active, root.is_staff, root.is_superuser) == (True, True, True)


def test_another_password_signs_out_everywhere(admin_pages: Client, alice: User) -> None:
    make_tokens(alice, "secret")
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    assert admin_pages.get(url).status_code == 200

    answer = admin_pages.post(
        url, {"password1": "quite another one", "password2": "quite another one", "usable_password": "true"}
    )

    alice.refresh_from_db()
    assert answer.status_code == 302
    assert alice.check_password("quite another one")
    assert not get_access_token_model().objects.filter(user=alice).exists()


def test_staff_cannot_give_itself_or_others_powers(
    helper_pages: Client, helper: User, alice: User, tenant: Tenant, grant: Callable[..., None]
) -> None:
    grant(helper, "add_user", "change_user", "view_user", "view_tenant")

    helper_pages.post(page_of(alice), changes(alice, is_staff="on", is_superuser="on", display_name="Al"))
    helper_pages.post(page_of(helper), changes(helper, is_superuser="on"))
    helper_pages.post(reverse(ADD), new_user(tenant, is_staff="on", is_superuser="on"))

    alice.refresh_from_db()
    assert alice.display_name == "Al"
    assert User.unscoped.filter(username="dora").exists()
    assert not User.unscoped.filter(is_superuser=True).exists()
    assert list(User.unscoped.filter(is_staff=True)) == [helper]


@pytest.mark.parametrize("powers", [{"is_superuser": True}, {"is_superuser": False}], ids=["superuser", "staff"])
def test_staff_cannot_touch_others_with_powers(
    helper_pages: Client, helper: User, root: User, grant: Callable[..., None], powers: dict[str, bool]
) -> None:
    User.unscoped.filter(pk=root.pk).update(**powers)
    grant(helper, "change_user", "view_user")
    password = reverse("admin:auth_user_password_change", args=[root.pk])

    refused = helper_pages.post(password, {"password1": "taken over now", "password2": "taken over now"})
    changed = helper_pages.post(page_of(root), changes(root, display_name="Taken"))
    run(helper_pages, "deactivate", root)

    root.refresh_from_db()
    assert refused.status_code in {403, 404}
    assert changed.status_code in {302, 403, 404}
    assert (root.is_active, root.check_password(PASSWORD), root.display_name) == (True, True, "根")


def test_nobody_deletes_users(admin_pages: Client, alice: User) -> None:
    assert admin_pages.get(reverse("admin:accounts_user_delete", args=[alice.pk])).status_code == 403


def test_terminals_are_on_the_page_at_a_constant_cost(
    admin_pages: Client, alice: User, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for n in range(15):
        make_terminal(alice, name=f"Desk {n}")

    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        page = admin_pages.get(page_of(alice)).content.decode()

    assert "Desk 3" in page


@pytest.mark.parametrize(("text", "found"), [("alic", 1), ("张卡", 1), ("@acme", 2), ("nobody", 0)])
def test_search_goes_by_name_and_sign_in_name(
    admin_pages: Client, alice: User, carol: User, text: str, found: int
) -> None:
    assert admin_pages.get(reverse(LIST), {"q": text}).context["cl"].result_count == found
