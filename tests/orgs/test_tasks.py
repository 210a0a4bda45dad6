"""What is due about organisations."""

from datetime import UTC, datetime, timedelta

from apps.accounts.models import User
from apps.jobs.turns import Turn
from apps.orgs.exchange.imports import KEPT_FOR
from apps.orgs.models import Import, ImportPart, Organisation
from apps.orgs.tasks import forget_imports

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def received(user: User, name: str, at: datetime, state: str = Import.State.READY) -> Import:
    company, _made = Organisation.unscoped.get_or_create(tenant=user.tenant, name="Acme")
    source = Import.unscoped.create(
        tenant=user.tenant, organisation=company, created_by=user, kind="people", name=name, state=state
    )
    ImportPart.unscoped.create(tenant=user.tenant, source=source, number=0, sealed=b"")
    Import.unscoped.filter(pk=source.pk).update(created_at=at)
    return source


def test_imports_that_nobody_applied_in_time_go_with_their_rows(alice: User) -> None:
    moment = timedelta(seconds=1)
    received(alice, "over", NOW - KEPT_FOR - moment)
    received(alice, "waiting", NOW - KEPT_FOR + moment)
    received(alice, "applied", NOW - timedelta(days=900), Import.State.APPLIED)
    turn = Turn(NOW)

    forget_imports(turn)

    assert turn.done == 1
    assert {source.name for source in Import.unscoped.all()} == {"waiting", "applied"}
    assert {part.source.name for part in ImportPart.unscoped.select_related("source")} == {"waiting", "applied"}
