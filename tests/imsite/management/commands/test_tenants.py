"""Tenants at the terminal."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.messaging.models import Event
from apps.messaging.services.conversations import start_group
from apps.tenants.models import Tenant


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("tenants", *arguments, stdout=out, **options)
    return out.getvalue()


def test_tenants_are_listed(tenant: Tenant, other_tenant: Tenant) -> None:
    assert [line.split()[0] for line in run("list").splitlines()] == ["acme", "rival"]


def test_a_tenant_is_suspended_and_activated_and_it_is_recorded(tenant: Tenant) -> None:
    suspended = run("suspend", "acme")
    tenant.refresh_from_db()
    during = tenant.status
    run("activate", "acme")

    assert "acme" in suspended
    assert during == "suspended"
    assert set(Entry.objects.for_tenant(tenant.id).values_list("via", flat=True)) == {"command"}


def test_a_tenant_is_deleted_in_stages(tenant: Tenant) -> None:
    run("delete", "acme", "--grace-days", "3")
    run("keep", "acme")
    kept = Tenant.objects.get(slug="acme").status
    run("delete", "acme")
    Tenant.objects.update(deletes_at=tenant.created_at - timedelta(days=1))

    assert kept == "active"
    assert "acme" in run("purge-due")
    assert not Tenant.objects.filter(slug="acme").exists()


def test_a_tenant_is_exported(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "acme.zip"

    assert str(path) in run("export", "acme", "--to", str(path))
    assert path.stat().st_size > 0


def test_messages_past_retention_are_erased(tenant: Tenant, alice: User, eve: User) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(retention_days=30)
    for person in (alice, eve):
        start_group(person, title="Long ago", member_ids=[], now_ms=1_000_000_000_000)

    said = run("expire")

    assert said == "acme: 1 events past retention erased\n"
    kinds = dict(Event.unscoped.values_list("tenant__slug", "kind"))
    assert kinds == {"acme": "expired", "rival": "conversation_created"}
    assert Entry.objects.for_tenant(tenant.id).filter(via="command", action="messaging.events.expired").exists()


@pytest.mark.parametrize(
    "arguments", [("suspend",), ("suspend", "nobody"), ("export", "acme"), ("export", "acme", "--to", "/nowhere/x.zip")]
)
def test_what_cannot_be_done_is_said(tenant: Tenant, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
