"""Everything of a tenant in one file: a ZIP with JSON lines per kind of row. Passwords and tokens stay here."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from apps.common.clock import to_ms
from apps.tenants.models import Tenant
from apps.tenants.services.acting import ActorOrNone, authorise, record_change
from apps.tenants.services.rows import AnyModel, tenant_models
from apps.tenants.units import TENANT_EXPORT

FORMAT: Final = 1
"""Of the file; grows when a reader of the old one would go wrong."""
SECRETS: Final = frozenset(
    {
        "accounts.browsersession.session_id",
        "accounts.codegenerator.sealed_secret",
        "accounts.issuedcode.checksum",
        "accounts.passwordreset.digest",
        "accounts.pastpassword.encoded",
        "accounts.recoverycode.digest",
        "accounts.user.password",
        "common.keptanswer.body",
        "common.keptanswer.digest",  # of a request, which may have held a password that is soon guessed from it
        "identity.connection.secret",
        "identity.scimtoken.digest",
        "orgs.importpart.sealed",
    }
)
"""Columns left out, hashed and sealed ones too: the file goes where our keys and our throttles don't. Access tokens and
browser sessions have no tenant of their own and are left out as tables."""
CHUNK_ROWS: Final = 2_000
"""Rows in memory at a time."""
PRIVATE: Final = 0o600


def export_tenant(
    tenant: Tenant, path: Path, *, actor: ActorOrNone = None, now: datetime | None = None
) -> dict[str, int]:
    """Write the tenant as it is at one moment to a new file and return how many rows of each kind it has.

    The file appears once it is whole. Raises NotPermitted, or FileExistsError; OSError when there is no room.
    """
    moment = now or timezone.now()
    authorise(actor, TENANT_EXPORT, tenant=tenant, now=moment)
    part = path.with_name(path.name + ".part")
    part.touch(mode=PRIVATE, exist_ok=False)
    try:
        counts = _write(tenant, part, moment)
        if path.exists():
            raise FileExistsError(path)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    with transaction.atomic():
        record_change(actor, "exported", tenant, before={}, after={"rows": sum(counts.values())}, now=moment)
    return counts


def exported_columns(model: AnyModel) -> list[str]:
    """Return the columns of a model that an export has."""
    label = model._meta.label_lower
    return [each.attname for each in model._meta.concrete_fields if f"{label}.{each.attname}" not in SECRETS]


def _write(tenant: Tenant, path: Path, moment: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    with transaction.atomic(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _freeze()
        models: list[AnyModel] = [Tenant, *tenant_models()]
        for model in models:
            label = model._meta.label_lower
            with archive.open(f"{label}.jsonl", "w", force_zip64=True) as lines:
                counts[label] = _write_rows(model, tenant, lines)
        manifest = {"format": FORMAT, "tenant": tenant.slug, "time": to_ms(moment), "rows": counts}
        archive.writestr("manifest.json", msgspec.json.encode(manifest))
    return counts


def _freeze() -> None:
    """See the database as it is now until the transaction ends; within another one, as that sees it."""
    with connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _write_rows(model: AnyModel, tenant: Tenant, lines: Any) -> int:
    columns = exported_columns(model)
    own = {"pk": tenant.pk} if model is Tenant else {"tenant_id": tenant.pk}
    count = 0
    for row in model._base_manager.filter(**own).values(*columns).iterator(chunk_size=CHUNK_ROWS):
        lines.write(msgspec.json.encode(row, enc_hook=str) + b"\n")
        count += 1
    return count
