"""Every code has words."""

from dataclasses import fields
from typing import get_args

from apps.identity.ldap.failures import DirectoryFailed, Trouble
from apps.identity.services.directories.texts import STEPS, TROUBLES, trouble_text
from apps.identity.syncing.steps import Step


def test_every_trouble_and_every_step_has_words() -> None:
    assert set(TROUBLES) == set(Trouble)
    assert set(STEPS) == {kind.__name__ for kind in get_args(Step)}
    assert all(fields(kind) for kind in get_args(Step))


def test_the_servers_own_word_goes_along() -> None:
    assert trouble_text(DirectoryFailed(Trouble.TIMEOUT)) == "the server does not answer in time"
    assert trouble_text(DirectoryFailed(Trouble.TIMEOUT, server="ldap1")).endswith("(ldap1)")
