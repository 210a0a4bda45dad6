"""The whole plan, against a model that refuses what the services would refuse."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.identity.syncing.planning import make_plan
from apps.identity.syncing.states import (
    Present,
    PresentDepartment,
    PresentPerson,
    Rules,
    Wanted,
    WantedDepartment,
    WantedPerson,
)
from tests.identity.syncing.model import ROOT, Model, uid

KEYS = "abcdef"
NAMES = ("研发部", "市场部", "前端组")

sets = st.sets(st.sampled_from(KEYS))


@st.composite
def directories(draw: st.DrawFn) -> Wanted:
    """Trees whose siblings may share names, with people in some of the departments."""
    keys = draw(st.permutations(sorted(draw(sets))))
    departments = tuple(
        WantedDepartment(key, draw(st.sampled_from([None, *keys[:index]])), draw(st.sampled_from(NAMES)))
        for index, key in enumerate(keys)
    )
    people = tuple(
        WantedPerson(
            key,
            username=f"user-{key}",
            display_name=draw(st.sampled_from(["张伟", "王芳"])),
            is_active=draw(st.booleans()),
            departments=tuple(draw(st.lists(st.sampled_from([*KEYS, "nowhere"]), max_size=3))),
        )
        for key in sorted(draw(sets))
    )
    return Wanted(tuple(draw(st.permutations(departments))), people)


def local_rows() -> Present:
    """A department and a person whom no directory knows, in the way of those of the directory."""
    return Present(
        ROOT,
        (PresentDepartment(ROOT, None, "root"), PresentDepartment(uid(1), ROOT, NAMES[2], has_locals=True)),
        (PresentPerson(uid(2), "user-a", "Local"),),
    )


@given(st.lists(directories(), min_size=1, max_size=4))
def test_every_step_works_whatever_the_directory_had_before(history: list[Wanted]) -> None:
    model = Model.of(local_rows())

    for wanted in history:
        model.apply(make_plan(wanted, model.present(), Rules()))

    assert model.departments[uid(1)] == local_rows().departments[1]
    assert model.people[uid(2)] == local_rows().people[0]


@given(st.lists(directories(), min_size=1, max_size=3))
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(history: list[Wanted]) -> None:
    model = Model.of(Present(ROOT))
    for wanted in history:
        model.apply(make_plan(wanted, model.present(), Rules()))

    again = make_plan(history[-1], model.present(), Rules())

    assert again.steps == ()


@given(directories(), directories())
def test_in_the_end_the_tree_is_the_directorys(before: Wanted, after: Wanted) -> None:
    model = Model.of(Present(ROOT))
    model.apply(make_plan(before, model.present(), Rules()))

    plan = make_plan(after, model.present(), Rules())
    model.apply(plan)

    if not plan.findings:
        assert model.paths() == expected_paths(after)


@given(directories())
def test_a_person_keeps_her_account_whatever_becomes_of_her_entry(wanted: Wanted) -> None:
    model = Model.of(Present(ROOT))
    model.apply(make_plan(wanted, model.present(), Rules()))
    accounts = {each.key: each.id for each in model.people.values()}

    model.apply(make_plan(Wanted(), model.present(), Rules()))

    assert not any(each.is_active for each in model.people.values())
    model.apply(make_plan(wanted, model.present(), Rules()))
    assert {each.key: each.id for each in model.people.values()} == accounts
    assert {each.key for each in model.people.values() if each.is_active} == set(accounts)


def test_names_are_swapped_between_brothers() -> None:
    model = Model.of(Present(ROOT, (department("a", 1, "甲"), department("b", 2, "乙"))))
    wanted = Wanted((WantedDepartment("a", None, "乙"), WantedDepartment("b", None, "甲")))

    model.apply(make_plan(wanted, model.present(), Rules()))

    assert {key: each.name for key, each in model.departments.items() if key != ROOT} == {uid(1): "乙", uid(2): "甲"}


def test_a_department_and_the_one_above_it_change_places() -> None:
    model = Model.of(Present(ROOT, (department("a", 1, "甲"), department("b", 2, "乙", parent=uid(1)))))
    wanted = Wanted((WantedDepartment("b", None, "乙"), WantedDepartment("a", "b", "甲")))

    model.apply(make_plan(wanted, model.present(), Rules()))

    assert model.paths() == {"乙", "乙/甲"}
    assert set(model.departments) == {ROOT, uid(1), uid(2)}


def department(key: str | None, number: int, name: str, parent: UUID = ROOT) -> PresentDepartment:
    return PresentDepartment(uid(number), parent, name, key)


def expected_paths(wanted: Wanted) -> set[str]:
    by_key = {each.key: each for each in wanted.departments}

    def path(each: WantedDepartment) -> str:
        return each.name if each.parent is None else f"{path(by_key[each.parent])}/{each.name}"

    return {path(each) for each in wanted.departments}
