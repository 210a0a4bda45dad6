"""Setting up directories and SCIM clients from the command line."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.audit.models import Entry
from apps.identity.models import Connection, DirectoryClock
from apps.identity.sealing import opened_secret
from apps.identity.services.scim.tokens import connection_of
from apps.orgs.models import Department
from imsite.directories import LOGIN
from tests.orgs.conftest import boss, company, give, root  # noqa: F401 - fixtures

SETTINGS = {
    "servers": ["ldap.example.com"],
    "bind_dn": "cn=reader,dc=example,dc=com",
    "people_base": "dc=example,dc=com",
    "departments_base": "dc=example,dc=com",
    "interval_minutes": 60,
}


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("directory", *arguments, stdout=output)
    return output.getvalue().strip()


def test_a_directory_is_made_and_changed_by_its_name(root: Department, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "s.json").write_text(json.dumps(SETTINGS))
    (tmp_path / "p").write_text("secret\n")
    named = ["set", "--tenant", "acme", "--name", "HQ"]

    key = run(*named, "--settings", str(tmp_path / "s.json"), "--password-file", str(tmp_path / "p"), "--create")
    again = run(*named, "--department", str(root.pk))

    assert again == key
    connection = Connection.objects.for_tenant(root.tenant_id).get(pk=key)
    assert opened_secret(connection.pk, connection.secret) == "secret"
    assert (connection.department_id, connection.provisioning) == (root.pk, Connection.Provisioning.CREATE)
    assert DirectoryClock.objects.for_tenant(root.tenant_id).get().due_at is not None
    entries = Entry.objects.for_tenant(root.tenant_id).filter(actor_login=LOGIN)
    assert entries.count() == 2
    assert not any("secret\n" in str(entry.after) for entry in entries)


def test_a_scim_client_gets_a_token(root: Department) -> None:  # noqa: F811
    key = run("set", "--tenant", "acme", "--kind", "scim", "--name", "Entra", "--department", str(root.pk))

    token = run("token", key)

    connection = Connection.objects.for_tenant(root.tenant_id).get(pk=key)
    assert connection_of(token, connection_id=connection.pk, now=timezone.now()) == connection


@pytest.mark.parametrize(
    "arguments", [[], ["--settings", "/nowhere/s.json"], ["--kind", "scim", "--department", "0" * 32]]
)
def test_what_is_incomplete_is_refused(root: Department, arguments: list[str]) -> None:  # noqa: F811
    with pytest.raises(CommandError):
        run("set", "--tenant", "acme", "--name", "HQ", *arguments)
    assert not Connection.objects.for_tenant(root.tenant_id).exists()
