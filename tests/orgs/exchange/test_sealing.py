"""Rows in the database can't be read there."""

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from apps.orgs.errors import ImportUnreadable
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
    stored = seal(PEOPLE)
    settings.SECRET_KEY = "another"

    with pytest.raises(ImportUnreadable):
        unseal("people", stored)


def test_a_key_that_is_replaced_still_opens_them(settings: Settings) -> None:
    stored = seal(PEOPLE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert unseal("people", stored) == PEOPLE


def test_what_an_earlier_release_sealed_is_to_be_sent_again(settings: Settings) -> None:
    digest = hashlib.sha256(b"imsite rows of imports 1 " + settings.SECRET_KEY.encode()).digest()
    stored = Fernet(base64.urlsafe_b64encode(digest)).encrypt(b"\x90")

    with pytest.raises(ImportUnreadable, match="send the file again"):
        unseal("people", stored)
