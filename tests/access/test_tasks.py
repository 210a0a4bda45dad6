"""What is due about powers."""

from datetime import UTC, datetime, timedelta

from apps.access.models import Grant
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN, TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.access.tasks import SHOWN_FOR, forget_ended
from apps.accounts.models import User
from apps.jobs.turns import Turn

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_grants_go_when_they_have_ended_long_ago(alice: User) -> None:
    moment, path = timedelta(seconds=1), tenant_scope(alice.tenant_id).path
    ends = {AUDITOR: NOW - SHOWN_FOR - moment, DEPARTMENT_ADMIN: NOW - SHOWN_FOR + moment, TENANT_ADMIN: None}
    for role, expires_at in ends.items():
        Grant.unscoped.create(tenant_id=alice.tenant_id, user_id=alice.pk, role=role, scope=path, expires_at=expires_at)
    turn = Turn(NOW)

    forget_ended(turn)

    assert turn.done == 1
    assert {grant.role for grant in Grant.unscoped.all()} == {DEPARTMENT_ADMIN, TENANT_ADMIN}
