"""Every code has words."""

from dataclasses import fields
from typing import get_args

from apps.identity.ldap.failures import DirectoryFailed, Trouble
from apps.identity.services.directories.texts import (
    FIELDS,
    STEPS,
    TROUBLES,
    run_trouble_text,
    told_change,
    trouble_text,
)
from apps.identity.syncing.steps import Step


def test_every_trouble_and_every_step_has_words() -> None:
    assert set(TROUBLES) == set(Trouble)
    assert set(STEPS) == {kind.__name__ for kind in get_args(Step)}
    told = {field.name for kind in get_args(Step) for field in fields(kind)}
    assert told - set(FIELDS) == {"key", "name", "username", "person"}


def test_the_servers_own_word_goes_along() -> None:
    assert trouble_text(DirectoryFailed(Trouble.TIMEOUT)) == "the server does not answer in time"
    assert trouble_text(DirectoryFailed(Trouble.TIMEOUT, server="ldap1")).endswith("(ldap1)")


def test_a_change_is_told_in_words_and_an_early_one_as_it_was_kept() -> None:
    detail = {"is_primary": True, "department": "研发部"}

    assert told_change(["PlacePerson", "lina", detail]) == (
        "place somebody in a department",
        "lina",
        "department: 研发部, main department",
    )
    assert told_change(["CreatePerson", "lina", "email=a@b"]) == ("make an account", "lina", "email=a@b")


def test_why_a_run_failed_is_told() -> None:
    assert run_trouble_text("timeout", "ldap1") == "the server does not answer in time (ldap1)"
    assert run_trouble_text("unset", "") == "the settings are not complete"
    assert run_trouble_text("", "") == ""
