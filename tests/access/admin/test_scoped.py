"""What lies outside one's scopes is not on any page: tried on the page of terminals, which two tenants have."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.http import Http404
from django.test import Client
from django.urls import reverse

from apps.access.admin.scoped import MAX_AT_ONCE, ScopedAdmin, choices_within
from apps.access.errors import NotPermitted, TooManyAtOnce
from apps.access.models import Role
from apps.access.scopes import tenant_scope
from apps.accounts.models import Terminal, User
from apps.accounts.units import TERMINALS_REVOKE, TERMINALS_VIEW
from apps.conversations.models import Conversation
from apps.messaging.models import Log
from apps.tenants.models import Tenant
from tests.access.admin.conftest import Ask
from tests.admin.conftest import make_terminal

LIST = "admin:accounts_terminal_changelist"


def page(name: str, terminal: Terminal) -> str:
    return reverse(f"admin:accounts_terminal_{name}", args=[terminal.pk])


def terminals() -> ScopedAdmin[Terminal]:
    found = admin.site.get_model_admin(Terminal)
    assert isinstance(found, ScopedAdmin)
    return found


def test_lists_and_their_counts_hold_what_is_within(boss_pages: Client, own: Terminal, foreign: Terminal) -> None:
    changelist = boss_pages.get(reverse(LIST)).context["cl"]

    assert list(changelist.result_list) == [own]
    assert changelist.result_count == 1


@pytest.mark.parametrize("name", ["change", "history", "delete"])
def test_a_page_of_something_outside_is_not_there(
    boss_pages: Client, own: Terminal, foreign: Terminal, name: str
) -> None:
    nowhere = page(name, own).replace(str(own.pk), "00000000-0000-7000-8000-000000000000")

    codes = [boss_pages.get(url).status_code for url in (page(name, foreign), nowhere)]

    assert codes == [404, 404]
    assert boss_pages.get(page(name, own)).status_code == (403 if name == "delete" else 200)


def test_an_action_leaves_alone_what_is_outside(boss_pages: Client, own: Terminal, foreign: Terminal) -> None:
    boss_pages.post(reverse(LIST), {"action": "revoke", "_selected_action": [str(own.pk), str(foreign.pk)]})

    own.refresh_from_db()
    foreign.refresh_from_db()
    assert own.revoked_at is not None
    assert foreign.revoked_at is None


def test_seeing_is_not_acting(ask: Ask, alice: User, own: Terminal, allow: Callable[..., None]) -> None:
    allow(alice, tenant_scope(alice.tenant_id), TERMINALS_VIEW)
    request = ask(alice)

    assert terminals().has_view_permission(request, own)
    assert not terminals().has_switch_permission(request)
    assert terminals().chosen(request, Terminal.unscoped.all(), TERMINALS_REVOKE) == []


def test_too_many_at_once_are_refused(ask: Ask, boss: User, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        make_terminal(alice, f"t{n}")
    monkeypatch.setattr("apps.access.admin.scoped.MAX_AT_ONCE", 2)

    with pytest.raises(TooManyAtOnce):
        terminals().chosen(ask(boss), Terminal.unscoped.all(), TERMINALS_VIEW)
    assert MAX_AT_ONCE == 500


def test_one_refusal_does_not_stop_the_others(ask: Ask, boss: User, own: Terminal, foreign: Terminal) -> None:
    request = ask(boss)
    touched = []

    def act(terminal: Terminal) -> None:
        if terminal == own:
            raise NotPermitted(unit="x.y.z")
        touched.append(terminal)

    done = terminals().each(request, [own, foreign], act)

    assert done == 1
    assert touched == [foreign]
    assert ["x.y.z" in str(message) for message in request._messages] == [True]  # type: ignore[attr-defined]


def test_a_lookup_that_is_no_filter_is_refused(boss_pages: Client, own: Terminal) -> None:
    refused = boss_pages.get(reverse(LIST), {"name__startswith": "o"})
    compared = boss_pages.get(reverse(LIST), {"platform__gte": "a"})
    offered = boss_pages.get(reverse(LIST), {"platform__exact": "linux", "last_seen_at__gte": "2020-01-01"})

    assert [refused.status_code, compared.status_code] == [400, 400]
    assert offered.context["cl"].result_count == 1


def test_choices_are_what_the_other_page_would_list(
    ask: Ask, boss: User, alice: User, superuser: User, tenant: Tenant, other_tenant: Tenant
) -> None:
    request = ask(boss)

    assert set(choices_within(terminals(), ask(superuser), Tenant)) >= {tenant, other_tenant}
    assert list(choices_within(terminals(), request, Tenant)) == [tenant]
    assert list(choices_within(terminals(), ask(alice), Tenant)) == []
    assert list(choices_within(terminals(), request, Log)) == []  # has no page


def test_fields_of_forms_point_within(ask: Ask, boss: User, tenant: Tenant, other_tenant: Tenant) -> None:
    field = terminals().formfield_for_foreignkey(Conversation._meta.get_field("tenant"), ask(boss))
    many = terminals().formfield_for_manytomany(Group._meta.get_field("permissions"), ask(boss))

    assert list(field.queryset) == [tenant]
    assert Permission.objects.exists()
    assert list(many.queryset) == []  # nobody has a page of them


def test_what_is_not_there_is_said_as_for_any_address(ask: Ask, boss: User) -> None:
    with pytest.raises(Http404):
        terminals()._get_obj_does_not_exist_redirect(ask(boss), Terminal._meta, "x")


def test_an_unknown_kind_of_row_without_units_is_nobodys(ask: Ask, superuser: User, own: Terminal) -> None:
    class Bare(ScopedAdmin[Terminal]):
        view_unit = TERMINALS_VIEW

    bare = Bare(Terminal, admin.site)
    request = ask(superuser)

    assert bare.has_module_permission(request)
    assert not bare.has_add_permission(request)
    assert not bare.has_change_permission(request, own)
    assert not bare.has_delete_permission(request, own)
    assert not bare.has_switch_permission(request)
    assert Role.unscoped.count() == 0
