"""Powers are read once per request, and rows outside them are left out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.access.admin.reach import covers, has_unit, may_enter, powers_at, within
from apps.access.models import Grant
from apps.access.scopes import tenant_scope
from apps.accounts.models import Terminal, User
from apps.accounts.units import TERMINALS_REVOKE, TERMINALS_VIEW
from apps.tenants.units import TENANT_MANAGE
from tests.access.admin.conftest import Ask


def test_powers_are_asked_for_once(ask: Ask, boss: User, django_assert_num_queries: Any) -> None:
    request = ask(boss)

    with django_assert_num_queries(1):
        assert has_unit(request, TERMINALS_VIEW)
        assert may_enter(request)
        assert not has_unit(request, TENANT_MANAGE)


def test_whoever_signs_in_anew_has_her_own_powers(ask: Ask, boss: User, alice: User) -> None:
    request = ask(boss)
    powers_at(request)

    request.user = alice

    assert not powers_at(request).has_any


def test_only_who_has_a_power_may_enter(ask: Ask, boss: User, alice: User, superuser: User) -> None:
    nobody = ask(alice)
    nobody.user = AnonymousUser()
    boss_inactive = User(pk=boss.pk, tenant=boss.tenant, is_active=False)

    entered = [may_enter(ask(user)) for user in (boss, superuser, alice, boss_inactive)]

    assert [*entered, may_enter(nobody)] == [True, True, False, False, False]


def test_a_grant_that_has_ended_opens_nothing(ask: Ask, boss: User) -> None:
    Grant.unscoped.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert not may_enter(ask(boss))


def test_rows_outside_are_left_out(ask: Ask, boss: User, own: Terminal, foreign: Terminal) -> None:
    found = within(ask(boss), Terminal.unscoped.all(), TERMINALS_VIEW)

    assert list(found) == [own]
    assert covers(ask(boss), own, TERMINALS_VIEW)
    assert not covers(ask(boss), foreign, TERMINALS_VIEW)


def test_a_superuser_reaches_everything(ask: Ask, superuser: User, own: Terminal, foreign: Terminal) -> None:
    request = ask(superuser)

    assert set(within(request, Terminal.unscoped.all(), TERMINALS_VIEW)) == {own, foreign}
    assert covers(request, foreign, TERMINALS_VIEW, whole=True)


def test_what_needs_no_unit_is_nobodys(ask: Ask, superuser: User, own: Terminal) -> None:
    request = ask(superuser)

    assert not has_unit(request, None)
    assert not covers(request, own, None)
    assert list(within(request, Terminal.unscoped.all(), None)) == []


def test_one_unit_is_not_another(ask: Ask, alice: User, own: Terminal, allow: Callable[..., None]) -> None:
    allow(alice, tenant_scope(alice.tenant_id), TERMINALS_VIEW)

    request = ask(alice)

    assert covers(request, own, TERMINALS_VIEW)
    assert not covers(request, own, TERMINALS_REVOKE)
