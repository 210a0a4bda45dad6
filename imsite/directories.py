"""Setting up directories and SCIM clients from the command line, for `manage.py directory`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from apps.access.policies import Powers, held
from apps.access.scopes import tenant_scope
from apps.access.selectors import Program
from apps.access.units import all_units
from apps.common.errors import InvalidInput
from apps.identity.ldap.settings import SettingsRefused, read_settings
from apps.identity.models import Connection
from apps.identity.services.connections import Terms, change_connection, create_connection
from apps.identity.services.directories.setting import schedule
from apps.orgs.models import Department
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug
from imsite.phrases import phrase

LOGIN: Final = "manage.py directory"
"""What the audit log calls whoever works at the terminal."""


def add_set_action(actions: Any) -> None:
    """Add the action `set`."""
    action: CommandParser = actions.add_parser("set", help=phrase("make or change a connection, by tenant and name"))
    action.add_argument("--tenant", required=True, metavar="SLUG", help=phrase("the short name of the tenant"))
    action.add_argument("--name", required=True, help=phrase("the name of the connection"))
    action.add_argument("--kind", choices=["ldap", "scim"], default="ldap")
    action.add_argument("--settings", metavar="FILE", help=phrase("a JSON file with the settings of a directory"))
    action.add_argument("--password-file", metavar="FILE", help=phrase("a file with the password to bind with"))
    action.add_argument("--department", metavar="ID", help=phrase("the department to fill"))
    action.add_argument("--create", action="store_true", help=phrase("make accounts for people who have none"))


def set_connection(options: dict[str, Any], *, now: datetime) -> Connection:
    """Make or change the connection of this name. Raises CommandError, TenantNotFound, InvalidInput."""
    tenant = get_tenant_by_slug(options["tenant"])
    actor = Program(tenant.pk, tenant.pk, LOGIN, Powers((held(all_units(), tenant_scope(tenant.pk)),)))
    rows = Connection.objects.for_tenant(tenant.pk).select_related("department")
    known = rows.filter(name=options["name"], kind=options["kind"]).first()
    terms = _terms(options, tenant, known)
    if known is None:
        connection = create_connection(actor, tenant_id=tenant.pk, kind=options["kind"], terms=terms, now=now)
    else:
        connection = change_connection(actor, connection_id=known.pk, version=known.version, terms=terms, now=now)
    if connection.kind == Connection.Kind.LDAP:
        schedule(connection, now=now)
    return connection


def _terms(options: dict[str, Any], tenant: Tenant, known: Connection | None) -> Terms:
    """What is given; what isn't stays as it is."""
    config = {} if known is None else known.config
    if options["settings"]:
        config = _json(options["settings"])
    if options["kind"] == Connection.Kind.LDAP:
        try:
            read_settings(config)
        except SettingsRefused as error:
            raise InvalidInput(field="settings", reason=str(error)) from error
    department = None if known is None else known.department
    if options["department"]:
        department = Department.objects.for_tenant(tenant.pk).filter(pk=options["department"]).first()
        if department is None:
            raise CommandError(phrase("there is no department {id} in this tenant", id=options["department"]))
    creates = options["create"] or (known is not None and known.provisioning == Connection.Provisioning.CREATE)
    return Terms(
        name=options["name"],
        config=config,
        secret=_text(options["password_file"]).rstrip("\r\n") if options["password_file"] else None,
        provisioning=Connection.Provisioning.CREATE if creates else Connection.Provisioning.OFF,
        department=department,
    )


def _json(path: str) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise CommandError(phrase("{path} can't be read: {reason}", path=path, reason=str(error))) from error
    if not isinstance(found, dict):
        raise CommandError(phrase("{path} can't be read: {reason}", path=path, reason="JSON"))
    return found


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(phrase("{path} can't be read: {reason}", path=path, reason=error.strerror or "")) from error
