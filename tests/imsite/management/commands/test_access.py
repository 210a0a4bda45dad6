"""`access list` tells what somebody may do, and where, in names."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.access.models import Grant
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN
from apps.access.scopes import Scope, organisation_scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user, deactivate_user
from apps.common.ids import new_id
from apps.orgs.services import create_department, create_organisation
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD


def listed(login: str) -> list[str]:
    out = io.StringIO()
    call_command("access", "list", user=login, stdout=out)
    return out.getvalue().splitlines()


def give(user: User, role: str, scope: Scope, days: int | None = None) -> None:
    end = None if days is None else timezone.now() + timedelta(days=days)
    Grant(tenant_id=user.tenant_id, user_id=user.id, role=role, scope=scope.path, expires_at=end).save()


@pytest.fixture
def admin(tenant: Tenant) -> User:
    return create_user(tenant, username="admin", password=PASSWORD, is_superuser=True)


def test_places_are_told_by_the_names_on_the_way(tenant: Tenant, admin: User, alice: User) -> None:
    now = timezone.now()
    organisation = create_organisation(admin, tenant_id=tenant.id, name="总部", now=now)
    root = organisation.departments.get(parent=None)
    department = create_department(admin, parent_id=root.id, name="研发部", now=now)
    give(alice, DEPARTMENT_ADMIN, department.scope)
    give(alice, AUDITOR, tenant_scope(tenant.id), days=7)

    lines = listed(" Alice@ACME ")

    assert lines[0].startswith("Auditor: Acme, until 2")
    assert lines[1] == "Department administrator: Acme / 总部 / 研发部, without end"


def test_ended_grants_and_lost_places_are_told_too(alice: User) -> None:
    scope = organisation_scope(alice.tenant_id, new_id())
    give(alice, AUDITOR, scope, days=-7)

    [line] = listed("alice@acme")

    assert line.startswith(f"Auditor: Acme / {scope.path}, ended 2")


def test_who_has_none_or_all_is_told_so(alice: User, admin: User) -> None:
    assert listed("alice@acme") == ["alice@acme has no powers beyond her own account"]
    assert listed("admin@acme") == ["admin@acme may do everything, everywhere (superuser)"]


def test_grants_of_somebody_inactive_do_not_count(alice: User) -> None:
    give(alice, AUDITOR, tenant_scope(alice.tenant_id))
    deactivate_user(alice)

    assert listed("alice@acme") == [
        "alice@acme is deactivated, so none of this counts:",
        "Auditor: Acme, without end",
    ]


def test_it_speaks_chinese_where_the_terminal_does(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert "没有任何管理权限" in listed("alice@acme")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["nobody@acme", "", "a\0b"])
def test_an_unknown_name_is_refused(login: str) -> None:
    with pytest.raises(CommandError, match="nobody signs in"):
        listed(login)
