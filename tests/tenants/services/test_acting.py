"""Who may act on tenants, and what the audit log tells of it."""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.access.errors import NotPermitted
from apps.access.models import Grant
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants import services
from apps.tenants.errors import WrongStatus
from apps.tenants.models import Tenant
from apps.tenants.services import TenantChange, acting

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def boss(alice: User) -> User:
    """Someone who administers her own tenant."""
    Grant.unscoped.create(
        tenant_id=alice.tenant_id, user_id=alice.id, role="tenant_admin", scope=tenant_scope(alice.tenant_id).path
    )
    return alice


@pytest.fixture
def root(db: None) -> User:
    """Someone who administers the installation."""
    system = services.ensure_system_tenant()
    user = User(tenant=system, username="root", login="root@system")
    user.save()
    Grant.unscoped.create(tenant_id=system.id, user_id=user.id, role="system_admin", scope="", is_of_system=True)
    return user


def change(tenant: Tenant, actor: User, **changes: Any) -> Tenant:
    return services.change_tenant(tenant_id=tenant.id, change=TenantChange(**changes), actor=actor, now=NOW)


def entries(tenant: Tenant) -> list[Entry]:
    return list(Entry.objects.for_tenant(tenant.id).order_by("number"))


def test_a_tenants_admin_names_and_arranges_it(boss: User) -> None:
    stored = change(boss.tenant, boss, name="Acme Ltd", settings={"notice": "Ask IT."})

    assert (stored.name, stored.settings) == ("Acme Ltd", {"notice": "Ask IT."})


@pytest.mark.parametrize(
    "changes", [{"plan": "unlimited"}, {"limits": {"users_max": 10**6}}, {"hosts": ["acme.com"]}, {"hosts": []}]
)
def test_she_does_not_decide_what_it_may_use(boss: User, changes: dict[str, Any]) -> None:
    with pytest.raises(NotPermitted):
        change(boss.tenant, boss, name="Sly", **changes)

    assert Tenant.objects.get(pk=boss.tenant_id).name == "Acme"


def test_nor_anything_about_others(boss: User, other_tenant: Tenant) -> None:
    with pytest.raises(NotPermitted):
        change(other_tenant, boss, name="Mine")


@pytest.mark.parametrize(
    "act",
    [services.suspend_tenant, services.activate_tenant, services.request_deletion, services.cancel_deletion],
    ids=lambda act: act.__name__,
)
def test_only_who_runs_the_installation_switches_tenants(boss: User, root: User, act: Callable[..., None]) -> None:
    with pytest.raises(NotPermitted):
        act(boss.tenant, actor=boss, now=NOW)

    with contextlib.suppress(WrongStatus):  # nothing waits to be deleted here
        act(boss.tenant, actor=root, now=NOW)


def test_only_who_runs_the_installation_makes_tenants(boss: User, root: User) -> None:
    with pytest.raises(NotPermitted):
        services.create_tenant(slug="north", name="North", actor=boss)

    assert services.create_tenant(slug="north", name="North", actor=root).is_active


def test_the_log_tells_who_made_and_changed_a_tenant_and_what_was_before(root: User) -> None:
    tenant = services.create_tenant(slug="north", name="North", actor=root, now=NOW)
    change(tenant, root, plan="small", limits={"users_max": 7}, hosts=["north.com"])
    services.suspend_tenant(tenant, actor=root, now=NOW)

    made, changed, suspended = entries(tenant)

    assert {entry.actor_login for entry in (made, changed, suspended)} == {"root@system"}
    assert [made.action, changed.action] == ["tenants.tenant.created", "tenants.tenant.changed"]
    assert made.scope == tenant_scope(tenant.id).path
    assert changed.before == {"plan": "unlimited", "users_max": None, "hosts": []}
    assert changed.after == {"plan": "small", "users_max": 7, "hosts": ["north.com"]}
    assert (suspended.before["status"], suspended.after["status"]) == ("active", "suspended")


def test_what_the_installation_does_itself_has_no_author(tenant: Tenant) -> None:
    services.suspend_tenant(tenant)

    last = entries(tenant)[-1]

    assert (last.action, last.actor_id, last.actor_login) == ("tenants.tenant.suspended", None, "")


def test_what_changes_nothing_is_not_told(tenant: Tenant) -> None:
    services.activate_tenant(tenant)

    assert entries(tenant) == []


def test_every_action_has_words() -> None:
    sources = [path.read_text() for path in Path(str(acting.__file__)).parent.glob("*.py")]
    calls = r'(?:record_change\(actor|_change\(tenant), "(\w+)"'
    verbs = {verb for source in sources for verb in re.findall(calls, source)}

    assert len(verbs) > 5
    assert {f"tenants.tenant.{verb}" for verb in verbs} - acting.WORDS.keys() == set()
