"""Trying settings out tells in words what works and what doesn't, in a bounded time."""

from itertools import chain, repeat

import pytest

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.identity.services.directories import checking
from apps.identity.services.directories.checking import CHECK_S, check_directory
from tests.identity.services.directories.conftest import NOW, Fill


def told(boss: User, connection: Connection) -> list[tuple[bool, str]]:
    return [(each.is_well, each.text) for each in check_directory(boss, connection_id=connection.pk, now=NOW)]


def test_what_works_is_told_step_by_step(directory: Fill, boss: User) -> None:
    answers = told(boss, directory())

    assert all(is_well for is_well, _text in answers)
    assert [text for _is_well, text in answers][1:] == [
        "10 people found",
        "11 departments found",
        "10 people are in a department",
    ]


def test_the_first_thing_that_fails_is_told(directory: Fill, boss: User) -> None:
    (answer,) = told(boss, directory(password="wrong"))

    assert answer[0] is False
    assert "password to bind with is refused" in answer[1]


def test_incomplete_settings_nobody_found_and_no_department_are_told(directory: Fill, boss: User) -> None:
    connection = directory(people_filter="(uid=nobody)")
    connection.department = None
    connection.save()

    wrong = [text for is_well, text in told(boss, connection) if not is_well]

    assert wrong[0] == "0 people found"
    assert "no department is chosen" in wrong[1]
    connection.config = {}
    connection.save()
    assert not told(boss, connection)[0][0]


def test_unusable_entries_are_counted(directory: Fill, boss: User) -> None:
    connection = directory()
    connection.config = {**connection.config, "attributes": {"username": "employeeNumber"}}
    connection.save()

    assert (False, "10 entries can't be used as they are") in told(boss, connection)


def test_nobody_is_looked_for_in_departments_that_are_not_read(directory: Fill, boss: User) -> None:
    answers = told(boss, directory(departments="none"))

    assert [text for _is_well, text in answers][1:] == ["10 people found"]


def test_of_many_people_some_are_read(directory: Fill, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SAMPLE", 4)

    answers = told(boss, directory())

    assert (True, "at least 4 people found") in answers
    assert (True, "4 people are in a department") in answers


def test_whoever_waits_is_told_when_it_takes_too_long(directory: Fill, boss: User) -> None:
    connection = directory()
    hours = chain([0.0, 0.0], repeat(CHECK_S + 1))

    answers = check_directory(boss, connection_id=connection.pk, now=NOW, clock=lambda: next(hours))

    assert [(each.is_well, each.text.split(" as ")[0]) for each in answers] == [
        (True, "connected and bound"),
        (False, "the server does not answer in time"),
    ]
