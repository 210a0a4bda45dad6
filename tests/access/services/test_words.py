"""Whatever is done to grants and roles has words."""

import re
from pathlib import Path

import pytest

from apps.access.services import grants, roles
from apps.access.services.words import WORDS


@pytest.mark.parametrize(("module", "kind"), [(grants, "grant"), (roles, "role")])
def test_every_action_has_words(module: object, kind: str) -> None:
    source = Path(str(module.__file__)).read_text()  # type: ignore[attr-defined]  # a module
    verbs = set(re.findall(r'_record\(actor, \w+, "(\w+)"', source))

    assert verbs
    assert {f"access.{kind}.{verb}" for verb in verbs} == {code for code in WORDS if code.startswith(f"access.{kind}.")}
