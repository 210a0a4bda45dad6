"""Rows in the database can't be read there."""

import pytest
from pytest_django import Settings

from apps.common.errors import Unavailable
from apps.orgs.exchange.references import Reference
from apps.orgs.exchange.rows import DepartmentRow, PersonRow, Row
from apps.orgs.exchange.sealing import seal, unseal

PEOPLE: list[Row] = [
    PersonRow(2, "ann", "Ann", "a@b.test", Reference(names=("R&D",)), "Lead", True, None, -1, "secret word"),
    PersonRow(3, "bob"),
]
DEPARTMENTS: list[Row] = [DepartmentRow(2, "R&D", "rd", Reference(code="hq"), False)]


def test_rows_come_back_as_they_were() -> None:
    assert unseal("people", seal(PEOPLE)) == PEOPLE
    assert unseal("departments", seal(DEPARTMENTS)) == DEPARTMENTS


def test_nothing_of_them_shows() -> None:
    sealed = seal(PEOPLE)

    assert b"secret" not in sealed
    assert b"ann" not in sealed


def test_with_another_key_they_are_lost(settings: Settings) -> None:
    sealed = seal(PEOPLE)
    settings.SECRET_KEY = "another"

    with pytest.raises(Unavailable):
        unseal("people", sealed)
