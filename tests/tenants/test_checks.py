"""`manage.py check --deploy` knows of the second wall."""

import pytest
from django.core.checks import run_checks
from django.core.checks.messages import CheckMessage
from django.db import OperationalError

from apps.common.wall.base import DatabaseWrapper
from apps.tenants import checks

pytestmark = pytest.mark.django_db


def said(*, deploy: bool = True) -> list[CheckMessage]:
    found = run_checks(tags=["security"], include_deployment_checks=deploy)
    return [message for message in found if str(message.id).startswith("tenants.")]


def test_where_the_wall_stands_nothing_is_said() -> None:
    assert said() == []


def test_a_missing_wall_is_a_warning_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "wall_stands", lambda _self: False)

    (warning,) = said()

    assert warning.id == "tenants.W001"
    assert not warning.is_serious()
    assert warning.hint is not None
    assert "CREATEROLE" in warning.hint


def test_another_engine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "connections", {"default": object()})

    assert [warning.id for warning in said()] == ["tenants.W001"]


def test_a_database_that_is_away_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_self: DatabaseWrapper) -> bool:
        raise OperationalError("connection refused")

    monkeypatch.setattr(DatabaseWrapper, "wall_stands", away)

    (warning,) = said()

    assert warning.id == "tenants.W002"
    assert "connection refused" in warning.msg


def test_only_a_check_for_deployment_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "wall_stands", lambda _self: False)

    assert said(deploy=False) == []
