"""Entries name who, what and where, and carry the values they are given."""

import re
from pathlib import Path
from typing import Any

import pytest

from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.orgs import services
from apps.orgs.models import Department, Organisation
from apps.orgs.services import trail
from apps.orgs.services.trail import WORDS, told
from tests.orgs.conftest import NOW


def test_an_entry_is_about_its_target(boss: User, alice: User, company: Organisation, root: Department) -> None:
    placement = services.place_person(boss, user_id=alice.id, department_id=root.pk, now=NOW)
    targets: dict[Any, str] = {
        company: "蓝海科技",
        root: "蓝海科技",
        placement: "alice@acme in 蓝海科技",
        alice: "alice@acme",
    }

    for target, label in targets.items():
        entry = told(boss, "department.moved", target, scope=root.scope, now=NOW, before={"a": 1}, after={"a": 2})

        assert (entry.action, entry.kind, entry.scope) == ("orgs.department.moved", "department", root.path)
        assert (entry.target_id, entry.target_label) == (target.pk, label)
        assert (entry.actor_id, entry.actor_login, entry.at) == (boss.id, "boss@acme", NOW)
        assert (entry.before, entry.after) == ({"a": 1}, {"a": 2})


@pytest.mark.parametrize("action", ["person.created"])
def test_values_may_be_left_out(boss: User, alice: User, action: str) -> None:
    entry = told(boss, action, alice, scope=tenant_scope(alice.tenant_id), now=NOW)

    assert (entry.before, entry.after, entry.kind) == ({}, {}, "person")


def test_every_action_has_words() -> None:
    kinds = "organisation|department|person|placement|agreement|contact|block"
    sources = [path.read_text() for path in Path(str(trail.__file__)).parent.glob("*.py") if path.stem != "trail"]
    done = {f"orgs.{code}" for source in sources for code in re.findall(rf'"((?:{kinds})\.\w+)"', source)}

    assert len(done) > 15
    assert done - WORDS.keys() == set()
