"""The audit log over REST."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.access.roles import AUDITOR
from apps.access.scopes import Scope, tenant_scope
from apps.accounts.models import User
from apps.audit.services import Change, record
from tests.access.conftest import Give
from tests.rest_client import signed_in

AUDIT = "/api/v1/audit"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def note(
    user: User, scope: Scope, action: str = "orgs.department.moved", label: str = "R&D", at: datetime = NOON
) -> None:
    with transaction.atomic():
        record(
            Change(
                tenant_id=user.tenant_id,
                actor_id=user.id,
                actor_login=user.login,
                scope=scope.path,
                action=action,
                kind="department",
                target_id="42",
                target_label=label,
                before={"name": "Old"},
                after={"name": label},
                at=at,
            )
        )


@pytest.fixture
def _log(boss: User, eve: User, whole: Scope, org: Scope) -> None:
    note(boss, whole, label="Everything")
    note(boss, org, label="One organisation")
    note(eve, tenant_scope(eve.tenant_id), label="Elsewhere")


@pytest.mark.usefixtures("_log")
def test_one_reads_what_happened_where_one_may(boss: User, alice: User, bob: User, give: Give, org: Scope) -> None:
    give(alice, AUDITOR, org)

    everything = signed_in(boss).get(AUDIT).body["items"]
    below = signed_in(alice).get(AUDIT).body["items"]

    assert [entry["target_label"] for entry in everything] == ["One organisation", "Everything"]
    assert [entry["target_label"] for entry in below] == ["One organisation"]
    assert signed_in(bob).get(AUDIT).body["items"] == []
    assert everything[0]["before"] == {"name": "Old"}
    assert everything[0]["actor_login"] == boss.login


@pytest.mark.usefixtures("_log")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=everything", 1),
        ("text=nothing", 0),
        ("action=orgs.department.", 2),
        ("action=access.", 0),
        ("target=42", 2),
        ("since=0", 2),
        ("until=0", 0),
        ("scope={org}", 1),
        ("actor={boss}", 2),
    ],
)
def test_a_search_narrows(boss: User, org: Scope, query: str, found: int) -> None:
    answer = signed_in(boss).get(f"{AUDIT}?{query.format(org=org.path, boss=boss.id)}")

    assert len(answer.body["items"]) == found


@pytest.mark.parametrize("apart", [timedelta(), timedelta(microseconds=1), timedelta(milliseconds=1)])
def test_pages_miss_nothing_and_repeat_nothing(boss: User, whole: Scope, apart: timedelta) -> None:
    for number in range(5):
        note(boss, whole, label=f"change {number}", at=NOON + number * apart)
    client, seen, cursor = signed_in(boss), [], ""

    while True:
        page = client.get(f"{AUDIT}?limit=2&cursor={cursor}").body
        seen += [entry["target_label"] for entry in page["items"]]
        cursor = page["next"]
        if not cursor:
            break

    assert seen == [f"change {number}" for number in (4, 3, 2, 1, 0)]
