"""Compares rows with what is there now, whichever kind they are: for a preview of a whole file, and part by part."""

from collections.abc import Sequence

from apps.access.policies import Powers
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.departments import plan_departments
from apps.orgs.exchange.ordering import in_order
from apps.orgs.exchange.people import plan_people
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row
from apps.orgs.exchange.snapshots import STAFF, STRUCTURE, Snapshot, free_accounts, read_people, read_tree
from apps.orgs.exchange.steps import Plan
from apps.orgs.models import Organisation
from apps.orgs.units import EXCHANGE_IMPORT


def plan_rows(kind: Kind, rows: Sequence[Row], organisation: Organisation, powers: Powers) -> tuple[Plan, Snapshot]:
    """Return what the rows would do now, and the tree they were compared with. At most four queries."""
    snapshot = read_tree(organisation, powers, seen_by=EXCHANGE_IMPORT)
    if kind == "departments":
        departments = [row for row in rows if isinstance(row, DepartmentRow)]
        plan = plan_departments(departments, snapshot.tree, may_change=snapshot.allows(powers, *STRUCTURE))
        return plan, snapshot
    people = [row for row in rows if isinstance(row, PersonRow)]
    plan = plan_people(
        people,
        snapshot.tree,
        read_people(organisation.tenant_id, {row.username for row in people}, powers),
        free_accounts=free_accounts(organisation.tenant_id),
        may_place=snapshot.allows(powers, *STAFF),
    )
    return plan, snapshot


def applicable(kind: Kind, rows: Sequence[Row], plan: Plan, organisation: Organisation, powers: Powers) -> list[Row]:
    """Return the rows that were not refused, in an order in which they can be applied a few at a time."""
    refused = {finding.line for finding in plan.findings}
    kept = [row for row in rows if row.line not in refused]
    if kind == "people":
        return kept
    departments = [row for row in kept if isinstance(row, DepartmentRow)]
    return list(in_order(departments, read_tree(organisation, powers, seen_by=EXCHANGE_IMPORT).tree)[0])
