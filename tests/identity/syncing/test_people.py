"""Planning people: who is made, changed, placed, kept out, and whom nobody touches."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from apps.identity.syncing.people import MAX_PLACES, People
from apps.identity.syncing.states import Present, PresentPerson, PresentPlace, Rules, Wanted, WantedPerson
from apps.identity.syncing.steps import (
    ActivatePerson,
    AdoptPerson,
    ChangePerson,
    CreatePerson,
    DeactivatePerson,
    Place,
    PlacePerson,
    RemovePlace,
    Step,
)
from tests.identity.syncing.model import ROOT, uid

A, B = uid(1), uid(2)
WEI = WantedPerson("k1", "wei", "张伟", "wei@example.com", departments=("a",))
HERE = PresentPerson(uid(9), "wei", "张伟", "wei@example.com", key="k1", places={A: PresentPlace(is_primary=True)})


def plan(
    *wanted: WantedPerson,
    present: tuple[PresentPerson, ...] = (),
    rules: Rules = Rules(),  # noqa: B008 - frozen
    places: Mapping[str, Place] | None = None,
    vanishing: tuple[UUID, ...] = (),
    unusable: frozenset[str] = frozenset(),
) -> tuple[list[Step], list[str]]:
    people = People(Present(ROOT, (), present), places or {"a": A, "b": B}, {A, B, ROOT}, rules)
    steps = list(people.plan(Wanted((), wanted, unusable), vanishing=vanishing))
    return steps, [finding.code for finding in people.findings]


def test_somebody_unknown_is_made_and_placed() -> None:
    steps, _ = plan(replace(WEI, departments=("a", "b", "unknown"), title="工程师"))

    assert steps == [
        CreatePerson("k1", "wei", "张伟", "wei@example.com"),
        PlacePerson("wei", A, "工程师", is_primary=True),
        PlacePerson("wei", B, "工程师", is_primary=False),
    ]


def test_somebody_in_no_department_comes_into_the_one_that_the_connection_fills() -> None:
    steps, _ = plan(replace(WEI, departments=()))

    assert steps[-1] == PlacePerson("wei", ROOT, "", is_primary=True)


def test_nobody_is_made_who_is_disabled_or_where_the_connection_makes_none() -> None:
    assert plan(replace(WEI, is_active=False)) == ([], [])
    assert plan(WEI, rules=Rules(creates=False)) == ([], ["no_account"])


def test_nothing_happens_where_all_is_the_same_already() -> None:
    assert plan(WEI, present=(HERE,)) == ([], [])
    assert plan(replace(WEI, email=""), present=(HERE,)) == ([], [])


def test_names_addresses_and_places_follow_the_directory() -> None:
    steps, _ = plan(
        WantedPerson("k1", "wei.renamed", "张薇", "w@example.com", departments=("b",)),
        present=(HERE,),
    )

    assert steps == [
        ChangePerson(HERE.id, "wei", "张薇", "w@example.com"),
        PlacePerson("wei", B, "", is_primary=True),
        RemovePlace(HERE.id, "wei", A),
    ]


def test_a_primary_place_elsewhere_stays_the_primary_one() -> None:
    present = replace(HERE, has_primary_elsewhere=True, places={})

    steps, _ = plan(WEI, present=(present,))

    assert steps == [PlacePerson("wei", A, "", is_primary=False)]


def test_a_title_given_here_stays_where_the_directory_has_none() -> None:
    present = replace(HERE, places={A: PresentPlace("组长", is_primary=True)})

    assert plan(WEI, present=(present,)) == ([], [])
    assert plan(replace(WEI, title="总监"), present=(present,))[0] == [
        PlacePerson("wei", A, "总监", is_primary=True, is_there=True)
    ]


def test_a_local_account_of_the_name_is_refused_or_adopted_if_it_has_no_powers() -> None:
    local = replace(HERE, key=None, is_adoptable=True)
    adopting = Rules(adopts=True)

    assert plan(WEI, present=(local,)) == ([], ["username_taken"])
    assert plan(WEI, present=(replace(local, is_adoptable=False),), rules=adopting) == ([], ["username_taken"])
    assert plan(WEI, present=(local,), rules=adopting) == ([AdoptPerson("k1", HERE.id, "wei")], [])


def test_a_link_to_another_entry_is_never_taken_over() -> None:
    steps, findings = plan(
        replace(WEI, key="k2"), present=(replace(HERE, is_adoptable=True),), rules=Rules(adopts=True)
    )

    assert steps == [DeactivatePerson(HERE.id, "wei", is_gone=True)]
    assert findings == ["username_taken"]


def test_whoever_is_disabled_or_gone_is_kept_out() -> None:
    assert plan(replace(WEI, is_active=False), present=(HERE,))[0] == [DeactivatePerson(HERE.id, "wei", is_gone=False)]
    assert plan(present=(HERE,))[0] == [DeactivatePerson(HERE.id, "wei", is_gone=True)]
    assert plan(present=(replace(HERE, is_active=False),))[0] == []


def test_only_whom_a_run_kept_out_is_let_in_again() -> None:
    by_run = replace(HERE, is_active=False, is_ours_to_activate=True)

    assert plan(WEI, present=(by_run,))[0] == [ActivatePerson(HERE.id, "wei")]
    assert plan(WEI, present=(replace(by_run, is_ours_to_activate=False),))[0] == []


def test_nobody_is_left_in_a_department_that_goes() -> None:
    gone = plan(present=(HERE,), vanishing=(A,))[0]
    disabled = plan(replace(WEI, is_active=False), present=(HERE,), vanishing=(A,))[0]
    moved = plan(replace(WEI, departments=("b",)), present=(HERE,), vanishing=(A,))[0]

    assert RemovePlace(HERE.id, "wei", A) in gone
    assert RemovePlace(HERE.id, "wei", A) in disabled
    assert moved.count(RemovePlace(HERE.id, "wei", A)) == 1


def test_somebody_told_twice_counts_once() -> None:
    steps, findings = plan(WEI, replace(WEI, key="k2"), replace(WEI, username="other"))

    assert len(steps) == 2
    assert findings == ["person_twice", "person_twice"]


def test_more_places_than_anybody_has_are_left_out() -> None:
    places: dict[str, Place] = {f"d{number}": uid(100 + number) for number in range(MAX_PLACES + 1)}

    steps, findings = plan(replace(WEI, departments=tuple(places)), places=places)

    assert len(steps) == 1 + MAX_PLACES
    assert findings == ["too_many_places"]


def test_whoever_has_an_entry_that_lacks_something_stays_as_she_is() -> None:
    assert plan(present=(HERE,), unusable=frozenset({"k1"})) == ([], [])
