"""A row's history is what the audit log says of it, within reach."""

from django.db import transaction

from apps.access.admin.history import entries_about
from apps.access.scopes import SYSTEM, tenant_scope
from apps.accounts.models import Terminal, User
from apps.audit.services import Change, record
from tests.access.admin.conftest import Ask


def note(target: Terminal, *, scope: str, action: str) -> None:
    with transaction.atomic():
        record(
            Change(
                tenant_id=target.tenant_id,
                actor_id=None,
                actor_login="somebody",
                scope=scope,
                action=action,
                kind="terminal",
                target_id=target.pk,
            )
        )


def test_the_newest_comes_first_and_other_rows_stay_out(ask: Ask, boss: User, own: Terminal, foreign: Terminal) -> None:
    scope = tenant_scope(own.tenant_id).path
    note(own, scope=scope, action="first")
    note(own, scope=scope, action="second")
    note(foreign, scope=tenant_scope(foreign.tenant_id).path, action="other")

    actions = [entry.action for entry in entries_about(ask(boss), own, limit=10)]

    assert actions == ["second", "first"]
    assert len(entries_about(ask(boss), own, limit=1)) == 1


def test_what_was_done_above_ones_scope_is_not_told(ask: Ask, boss: User, superuser: User, own: Terminal) -> None:
    note(own, scope=SYSTEM.path, action="from.above")

    assert entries_about(ask(boss), own, limit=10) == []
    assert [entry.action for entry in entries_about(ask(superuser), own, limit=10)] == ["from.above"]


def test_who_may_not_read_the_log_reads_none_of_it(ask: Ask, alice: User, own: Terminal) -> None:
    note(own, scope=tenant_scope(own.tenant_id).path, action="x")

    assert entries_about(ask(alice), own, limit=10) == []
