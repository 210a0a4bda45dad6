"""The low-level work on trees: locks that hold, places that are there, refusals that say what people did."""

import pytest
from django.db import IntegrityError, transaction

from apps.access import places
from apps.access.errors import ScopeNotFound
from apps.access.scopes import SYSTEM, Scope, organisation_scope, tenant_scope
from apps.accounts.models import User
from apps.common.errors import Stale, Unavailable
from apps.orgs import services
from apps.orgs.errors import CodeTaken, DepartmentNotFound, NameTaken
from apps.orgs.models import Department, Organisation
from apps.orgs.services import trees
from tests.orgs.conftest import NOW, Grow, root_of


def violation(constraint: str) -> IntegrityError:
    error = IntegrityError()
    cause = Exception()
    cause.diag = type("Diag", (), {"constraint_name": constraint})()  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


def test_violated_constraints_speak_for_themselves() -> None:
    assert isinstance(trees.refusal(violation("orgs_department_name_once"), name="A", code=""), NameTaken)
    assert isinstance(trees.refusal(violation("orgs_organisation_code_once"), name="", code="X"), CodeTaken)
    assert trees.refusal(violation("orgs_department_one_root"), name="", code="") is None
    assert trees.refusal(IntegrityError(), name="", code="") is None


def test_grants_hold_the_places_they_are_for(root: Department, grow: Grow) -> None:
    child = grow(root, "A")

    with transaction.atomic():
        places.hold(root.scope)
        places.hold(child.scope)


def test_a_place_that_is_not_there_is_not_held(root: Department, grow: Grow) -> None:
    child = grow(root, "A")
    gone = Scope(f"{root.path}/d:{'0' * 32}")
    elsewhere = organisation_scope(root.tenant_id, child.pk)

    for scope in (gone, elsewhere):
        with pytest.raises(ScopeNotFound), transaction.atomic():
            places.hold(scope)
    for scope in (SYSTEM, tenant_scope(root.tenant_id)):
        with pytest.raises(ScopeNotFound):
            trees.hold_place(scope)


def test_what_changed_meanwhile_is_seen_under_the_lock(boss: User, root: Department, grow: Grow) -> None:
    other = root_of(services.create_organisation(boss, name="第二家", now=NOW))
    moved, gone = grow(root, "A"), grow(root, "B")
    services.move_department(boss, department_id=moved.pk, parent_id=other.pk, version=1, now=NOW)
    services.delete_department(boss, department_id=gone.pk, version=1, now=NOW)

    with pytest.raises(Stale):
        trees.reread(moved)
    with pytest.raises(DepartmentNotFound):
        trees.reread(gone)
    with pytest.raises(DepartmentNotFound), transaction.atomic():
        trees.hold_department(gone)


def test_numbers_of_trees_run_out_with_a_word(boss: User, root: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.orgs.services.trees.secrets.randbelow", lambda _limit: root.tree_id - 1)

    with pytest.raises(Unavailable):
        services.create_organisation(boss, name="B", now=NOW)

    assert not Organisation.objects.for_tenant(boss.tenant_id).filter(name="B").exists()


def test_free_numbers_are_those_that_no_tree_has(root: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter([root.tree_id - 1, 1, 2, 3])
    monkeypatch.setattr("apps.orgs.services.trees.secrets.randbelow", lambda _limit: next(numbers))

    assert trees.free_tree_ids(2) == [2, 3]


def test_a_sibling_has_the_same_parent(root: Department, grow: Grow) -> None:
    child = grow(root, "A")

    assert trees.sibling(root, child.pk) == child
    with pytest.raises(DepartmentNotFound):
        trees.sibling(child, child.pk)
