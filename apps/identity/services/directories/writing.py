"""What is kept of a run: what it would do, in a form that people can be told, and what has become of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.common.retry import run_in_transaction
from apps.identity.models import Connection, DirectoryRun
from apps.identity.services.directories.applying import Outcome, subject
from apps.identity.syncing.safety import Vanishing
from apps.identity.syncing.steps import AdoptDepartment, CreateDepartment, Finding, Plan, Step

MAX_CHANGES: Final = 20_000
"""Listed with one run, the first; `counts` has all of them."""
MAX_FINDINGS: Final = 2_000
"""Kept with one run, the first."""
KEPT_RUNS: Final = 50
"""Of one connection; older ones go when another one comes."""
_PLACES: Final = ("parent", "department")
_UNTOLD: Final = frozenset({"username", "name", "key", "person"})
"""Told otherwise, or nothing to people."""


def begin_run(connection: Connection, *, started_by: str) -> DirectoryRun:
    """Store a run that is to be; the oldest goes at the bound."""
    run = DirectoryRun(
        tenant_id=connection.tenant_id,
        connection=connection,
        state=DirectoryRun.State.READING,
        started_by=started_by,
    )
    rows = DirectoryRun.objects.for_tenant(run.tenant_id).filter(connection=connection)

    def store() -> None:
        run.save(force_insert=True)
        old = rows.order_by("-created_at", "-id").values_list("pk", flat=True)[KEPT_RUNS:]
        rows.filter(pk__in=list(old)).delete()

    run_in_transaction(store)
    return run


def write_plan(run: DirectoryRun, plan: Plan, lost: Vanishing, *, names: Mapping[UUID, str]) -> None:
    """Put into a run what it would do. `names`: of the departments that are there. Nothing is stored yet."""
    known: dict[Any, str] = dict(names)
    known |= {step.key: step.name for step in plan.steps if isinstance(step, CreateDepartment | AdoptDepartment)}
    run.counts = plan.counts()
    run.digest = digest_of(plan)
    run.changes = [_change(step, known) for step in plan.steps[:MAX_CHANGES]]
    run.findings = [_finding(each) for each in plan.findings[:MAX_FINDINGS]]
    run.vanishing = asdict(lost)


def write_outcome(run: DirectoryRun, outcome: Outcome) -> None:
    """Put into a run what was done, and what was refused in the end. Nothing is stored yet."""
    room = max(0, MAX_FINDINGS - len(run.findings))
    run.findings = [*run.findings, *(_finding(each) for each in outcome.refused[:room])]
    run.done = outcome.done


def end_run(
    run: DirectoryRun, state: DirectoryRun.State, *, now: datetime, trouble: str = "", detail: str = ""
) -> None:
    """Store how a run has ended."""
    run.state, run.trouble, run.detail, run.finished_at = state, trouble, detail[:300], now
    run.save()


def digest_of(plan: Plan) -> str:
    """Return what is the same for the same steps only, in whatever order the directory has told them."""
    steps = sorted(json.dumps([type(step).__name__, asdict(step)], default=str, sort_keys=True) for step in plan.steps)
    return hashlib.sha256(json.dumps(steps).encode()).hexdigest()


def _change(step: Step, names: Mapping[Any, str]) -> list[Any]:
    # Of a step about a department its own id says nothing that its name does not.
    untold = _UNTOLD if hasattr(step, "username") else _UNTOLD | {"department"}
    told = {
        name: names.get(value, str(value)) if name in _PLACES else value
        for name, value in asdict(step).items()
        if name not in untold and value not in (None, "", False)
    }
    return [type(step).__name__, subject(step), told]


def _finding(finding: Finding) -> list[str]:
    return [finding.code, finding.subject, finding.detail]
