"""Authorization codes: good once, and remembered for a day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import IssuedCode, User
from apps.accounts.services import codes
from apps.accounts.services.codes import REMEMBERED, end_replayed, find_code, note_code, redeem
from apps.common.wall.binding import bound
from apps.tenants.models import Tenant
from tests.accounts.programs import flow_of, make_program

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def note(code: str, user: User, application: object, now: datetime = NOW) -> None:
    note_code(code, user=user, application=application, signed_in_at=NOW, amr=("pwd", "otp"), now=now)


def test_it_tells_how_its_user_had_signed_in_to_its_program_alone(tenant: Tenant, alice: User, eve: User) -> None:
    application, other = make_program(tenant).application, make_program(tenant, name="Other").application
    note("secret-code", alice, application)

    with bound(eve.tenant_id):
        found = find_code("secret-code", application=application)

    assert found is not None
    assert (found.signed_in_at, found.amr.split(), found.token_family) == (NOW, ["pwd", "otp"], None)
    assert find_code("secret-code", application=other) is None
    assert find_code("another", application=application) is None


def test_only_the_first_exchange_counts(tenant: Tenant, alice: User) -> None:
    application = make_program(tenant).application
    note("code", alice, application)
    issued = find_code("code", application=application)
    assert issued is not None

    assert redeem(issued, uuid4())
    assert not redeem(issued, uuid4())


def test_what_was_never_exchanged_has_nothing_to_end(tenant: Tenant, alice: User) -> None:
    application = make_program(tenant).application
    note("code", alice, application)

    assert not end_replayed("code", application=application)
    assert not end_replayed("unknown", application=application)


def test_one_shown_again_closes_the_sessions_of_its_person(
    tenant: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, closed = flow_of(alice, make_program(tenant)), list[Any]()
    monkeypatch.setattr(codes, "revoke_on_commit", closed.append)
    code = flow.code(scope="im")
    flow.exchange(code)
    assert closed == []

    assert end_replayed(code, application=flow.program.application)

    assert closed == [alice.pk]


def test_old_ones_go_when_new_ones_come(tenant: Tenant, alice: User) -> None:
    application = make_program(tenant).application
    note("old", alice, application, now=NOW - REMEMBERED - timedelta(seconds=1))
    note("young", alice, application, now=NOW - REMEMBERED + timedelta(seconds=1))

    note("new", alice, application)

    assert IssuedCode.unscoped.count() == 2
    assert find_code("old", application=application) is None
