"""What has expired, and what has not quite."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from oauth2_provider.models import (
    clear_expired,
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from apps.accounts.models import FailedProofs, IssuedCode, PasswordReset, SpentTicket, Terminal, TerminalToken, User
from apps.accounts.services.expiring import expired_tokens, expired_traces
from apps.common.models import KeptAnswer
from apps.jobs.sweeping import sweep
from apps.jobs.turns import Turn

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOTH = {True: "old", False: "new"}
Make = Callable[[User, datetime, str], Any]


def swept() -> int:
    turn = Turn(NOW)
    for rows in (*expired_tokens(NOW), *expired_traces(NOW)):
        sweep(turn, rows)
    return turn.done


@pytest.fixture
def program(db: None) -> Any:
    return get_application_model().objects.create(name="A program", client_id="program")


def access_token(user: User, program: Any, name: str, expires: datetime) -> Any:
    return get_access_token_model().objects.create(
        user=user, application=program, token=name, token_checksum=name, expires=expires, scope=""
    )


def refresh_token(user: User, program: Any, name: str, access: Any = None, revoked: datetime | None = None) -> Any:
    return get_refresh_token_model().objects.create(
        user=user, application=program, token=name, access_token=access, token_family=uuid4(), revoked=revoked
    )


def test_tokens_go_when_nobody_can_use_them_any_more(alice: User, program: Any) -> None:
    month, moment = timedelta(days=30), timedelta(seconds=1)
    access_token(alice, program, "expired", NOW - moment)
    access_token(alice, program, "fresh", NOW + moment)
    refresh_token(alice, program, "idle", access_token(alice, program, "of idle", NOW - month - moment))
    refresh_token(alice, program, "asleep", access_token(alice, program, "of asleep", NOW - month + moment))
    refresh_token(alice, program, "used long ago", revoked=NOW - month - moment)
    refresh_token(alice, program, "used lately", revoked=NOW - month + moment)
    refresh_token(alice, program, "orphan")

    done = swept()

    assert {token.token for token in get_refresh_token_model().objects.all()} == {"asleep", "used lately"}
    assert {token.token for token in get_access_token_model().objects.all()} == {"fresh", "of asleep"}
    assert done == 5


def test_the_toolkits_own_command_would_leave_no_less(
    alice: User, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the library learns to clear something else, this fails, and `expiring` has to learn it, too."""
    for days in (-40, -1, 1):
        at = NOW + timedelta(days=days)
        refresh_token(alice, program, f"r{days}", access_token(alice, program, f"a{days}", at))
        access_token(alice, program, f"lone {days}", at)
        refresh_token(alice, program, f"revoked {days}", revoked=at)
        refresh_token(alice, program, f"orphan {days}")
        get_grant_model().objects.create(user=alice, application=program, code=f"g{days}", expires=at, redirect_uri="")
        get_id_token_model().objects.create(user=alice, application=program, expires=at, scope="")
    models = (get_access_token_model(), get_refresh_token_model(), get_id_token_model(), get_grant_model())
    swept()
    before = [model.objects.count() for model in models]
    monkeypatch.setattr("oauth2_provider.models.timezone.now", lambda: NOW)
    monkeypatch.setattr("oauth2_provider.models.time.sleep", lambda _: None)

    clear_expired()

    assert [model.objects.count() for model in models] == before
    assert before == [3, 4, 1, 1]


def test_what_a_terminal_signed_in_with_is_forgotten_with_the_last_token_of_it(alice: User, program: Any) -> None:
    month, moment = timedelta(days=30), timedelta(seconds=1)
    terminal = Terminal.unscoped.create(tenant=alice.tenant, user=alice, id=uuid4(), platform="web", last_seen_at=NOW)
    kept, gone = [
        (
            refresh_token(alice, program, f"chain {at}", revoked=at - month),
            access_token(alice, program, f"single {at}", at),
        )
        for at in (NOW + moment, NOW - moment)
    ]
    for chain, single in (kept, gone):
        for link in ({"token_family": chain.token_family}, {"access_token_id": single.pk}):
            TerminalToken.unscoped.create(tenant=alice.tenant, terminal=terminal, **link)

    assert swept() == 4

    left = TerminalToken.unscoped.order_by("pk").values_list("token_family", "access_token_id")
    assert list(left) == [(kept[0].token_family, None), (None, kept[1].pk)]


def issued(user: User, at: datetime, name: str) -> Any:
    return IssuedCode.unscoped.create(
        tenant=user.tenant, checksum=name, user=user, application_id=1, signed_in_at=at, issued_at=at
    )


def spent(user: User, at: datetime, name: str) -> Any:
    return SpentTicket.unscoped.create(
        tenant=user.tenant, id=uuid4(), user_id=user.pk, audience=name, spent_at=at, expires_at=at
    )


def answered(user: User, at: datetime, name: str) -> Any:
    kept = KeptAnswer.unscoped.create(
        tenant_id=user.tenant_id, user_id=user.pk, key=name, digest=b"", status=200, body=b""
    )
    KeptAnswer.unscoped.filter(pk=kept.pk).update(created_at=at)
    return kept


KINDS: dict[str, tuple[timedelta, Make]] = {
    "codes": (timedelta(days=1), issued),
    "tickets": (timedelta(seconds=630), spent),
    "sessions": (timedelta(), lambda user, at, name: Session.objects.create(session_key=name, expire_date=at)),
    "failed tries": (
        timedelta(minutes=75),
        lambda user, at, name: FailedProofs.objects.create(key=name, last_at=at),
    ),
    "answers": (timedelta(days=1), answered),
}


@pytest.mark.parametrize("kind", KINDS)
def test_traces_go_a_moment_after_their_time(alice: User, kind: str) -> None:
    age, make = KINDS[kind]
    over = make(alice, NOW - age - timedelta(seconds=1), "over")
    not_yet = make(alice, NOW - age + timedelta(seconds=1), "not yet")

    assert swept() == 1

    rows = type(over)._base_manager
    assert list(rows.values_list("pk", flat=True)) == [not_yet.pk]


def test_links_by_mail_go_of_whatever_tenant(alice: User, eve: User) -> None:
    for user, minutes in ((alice, -1), (eve, -2)):
        PasswordReset.unscoped.create(
            tenant=user.tenant, user=user, digest=user.login, expires_at=NOW + timedelta(minutes=minutes)
        )

    assert swept() == 2
