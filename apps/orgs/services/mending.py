"""Looking at all department trees for what is wrong, and mending what can be worked out again."""

from collections.abc import Iterator
from dataclasses import fields
from uuid import UUID

from apps.access.scopes import Scope, organisation_scope
from apps.access.services import move_scopes
from apps.common.retry import run_in_transaction
from apps.orgs.models import Department, Organisation
from apps.orgs.services.trees import insert_root, lock_trees
from apps.orgs.trees import FIELDS, Branch, Finding, findings, mended
from apps.tenants.models import Tenant

COLUMNS = tuple(field.name for field in fields(Branch))


def check_trees(tenant: Tenant) -> Iterator[Finding]:
    """Tell what is wrong with a tenant's trees. An organisation without root is found under its own id. Two queries."""
    rows = _read(tenant.id)
    yield from findings(rows)
    rooted = {row.organisation_id for row in rows.values() if row.parent_id is None}
    for organisation in Organisation.objects.for_tenant(tenant.id).exclude(pk__in=rooted).order_by("id"):
        yield Finding(organisation.pk, "root", "", organisation.name)


def repair_trees(tenant: Tenant) -> int:
    """Mend a tenant's trees while nobody changes them, and return how many departments were wrong.

    Grants go along where a path changes. What no root leads to stays as it is: `check_trees` still tells of it.
    """

    def repair() -> int:
        organisations = Organisation.objects.for_tenant(tenant.id)
        list(organisations.order_by("id").select_for_update(no_key=True).values_list("pk"))
        lock_trees(tenant.id, list(organisations.values_list("pk", flat=True)))
        stored = _read(tenant.id)
        wrong = {key: row for key, row in mended(stored.values()).items() if row != stored[key]}
        _store(tenant.id, stored, wrong)
        return len(wrong) + _add_roots(tenant.id)

    return run_in_transaction(repair)


def _read(tenant_id: UUID) -> dict[UUID, Branch]:
    rows = Department.objects.for_tenant(tenant_id).order_by("id").values_list(*COLUMNS)
    return {row[0]: Branch(*row) for row in rows}


def _store(tenant_id: UUID, stored: dict[UUID, Branch], wrong: dict[UUID, Branch]) -> None:
    rows = Department.objects.for_tenant(tenant_id)
    moved = [(stored[key].path, row) for key, row in wrong.items() if stored[key].path != row.path]
    for _old, row in moved:  # out of each other's way first: paths are unique
        rows.filter(pk=row.id).update(path=f"mending/{row.id.hex}")
    for key, row in wrong.items():
        rows.filter(pk=key).update(**{field: getattr(row, field) for field in FIELDS})
    for old, row in sorted(moved, key=lambda each: -len(each[0])):
        move_scopes(Scope(old), Scope(row.path))


def _add_roots(tenant_id: UUID) -> int:
    """Give a root to organisations without one."""
    count = 0
    rooted = Department.objects.for_tenant(tenant_id).filter(parent__isnull=True).values("organisation_id")
    for organisation in Organisation.objects.for_tenant(tenant_id).exclude(pk__in=rooted):
        insert_root(organisation, path=organisation_scope(tenant_id, organisation.pk).path)
        count += 1
    return count
