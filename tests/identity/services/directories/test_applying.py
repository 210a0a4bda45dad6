"""Carrying a plan out: a refused step leaves the others be, and whoever watches hears of it now and then."""

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.identity.services.acting import program_of
from apps.identity.services.directories.applying import BEAT_STEPS, apply_plan, subject
from apps.identity.syncing.steps import (
    CreateDepartment,
    CreatePerson,
    DeactivatePerson,
    DeleteDepartment,
    PlacePerson,
    Plan,
    RemovePlace,
    RenameDepartment,
)
from apps.orgs.models import Department, Placement
from apps.orgs.services import place_person
from tests.conftest import PASSWORD
from tests.identity.conftest import Connect
from tests.identity.services.directories.conftest import NOW
from tests.orgs.conftest import Grow


def test_a_refused_step_is_told_and_leaves_the_others_be(root: Department, connect: Connect, boss: User) -> None:
    create_user(root.tenant, username="taken", password=PASSWORD)
    connection = connect(root.tenant, "ldap")
    steps = (
        CreatePerson("k1", "taken", "Taken", ""),
        CreateDepartment("d2", "d1 that nobody made", "前端组"),
        RemovePlace(boss.pk, "boss", root.pk),
        CreateDepartment("d3", root.pk, "研发部"),
    )

    outcome = apply_plan(connection, program_of(connection), Plan(steps), now=NOW)

    assert outcome.done == 1
    assert [(each.code, each.subject) for each in outcome.refused] == [
        ("refused", "taken"),
        ("refused", "前端组"),
        ("refused", "boss"),
    ]


def test_an_empty_department_goes_and_a_place_changes(
    root: Department, grow: Grow, connect: Connect, boss: User
) -> None:
    connection = connect(root.tenant, "ldap")
    empty, kept = grow(root, "空"), grow(root, "研发部")
    wei = create_user(root.tenant, username="wei", password=PASSWORD)
    placed = place_person(boss, user_id=wei.pk, department_id=kept.pk, title="工程师", now=NOW)
    steps = (
        DeleteDepartment(empty.pk, "空"),
        DeleteDepartment(kept.pk, "研发部"),
        PlacePerson("wei", kept.pk, "组长", is_primary=True, is_there=True),
    )

    outcome = apply_plan(connection, program_of(connection), Plan(steps), now=NOW)

    assert (outcome.done, [each.subject for each in outcome.refused]) == (2, ["研发部"])
    assert not Department.objects.for_tenant(root.tenant_id).filter(pk=empty.pk).exists()
    place = Placement.objects.for_tenant(root.tenant_id).get(user=wei)
    assert (place.pk, place.title, place.version) == (placed.pk, "组长", placed.version + 1)


def test_whoever_administers_the_installation_is_never_touched(root: Department, connect: Connect) -> None:
    chief = create_user(root.tenant, username="chief", password=PASSWORD, is_superuser=True)
    connection = connect(root.tenant, "ldap")
    steps = (DeactivatePerson(chief.pk, "chief", is_gone=True),)

    outcome = apply_plan(connection, program_of(connection), Plan(steps), now=NOW)

    chief.refresh_from_db()
    assert chief.is_active
    assert [each.subject for each in outcome.refused] == ["chief"]


def test_it_says_that_it_is_still_at_work(root: Department, connect: Connect) -> None:
    connection = connect(root.tenant, "ldap")
    missing = RenameDepartment(connection.pk, "old", "new")
    beats: list[int] = []

    apply_plan(connection, program_of(connection), Plan((missing,) * BEAT_STEPS), now=NOW, beat=lambda: beats.append(1))

    assert beats == [1]
    assert subject(missing) == "new"
