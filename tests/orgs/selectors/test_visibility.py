"""The database gives the answers of the reference, for every pair of people of many small worlds."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.orgs.models import Block, Contact
from apps.orgs.selectors import visibility
from apps.orgs.selectors.standing import read_standing
from apps.orgs.visibility import Department, Organisation, Person, Placement, World
from tests.orgs.small_worlds import PEOPLE, Stored, make_world, store_world, store_worlds

WORLDS = 200
"""Of fourteen rules left out on trial, thirteen showed within the first forty of them."""


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Any:
    """All worlds at once; they go again at the end."""
    from django.db import connection, transaction

    with django_db_blocker.unblock(), transaction.atomic():
        stored = store_worlds(range(WORLDS))
        with connection.cursor() as cursor:
            # Nothing has counted these rows yet. The planner would take their tables for empty, and walk through all
            # worlds for each person of one.
            cursor.execute("ANALYZE")
        yield stored
        transaction.set_rollback(True)


def actor_of(stored: Stored) -> str:
    """Somebody who is active; over the worlds, everybody has her turn."""
    active = [name for name, person in stored.world.people.items() if person.is_active]
    return active[stored.seed % len(active)]


def test_everybody_sees_whom_the_rules_let_her_see(worlds: list[Stored]) -> None:
    for stored in worlds:
        name = actor_of(stored)
        expected = {other for other in stored.users if stored.world.may_see(name, other)}

        seen = visibility.visible_users(stored.users[name])

        looked_at = visibility.may_see(stored.users[name], [user.id for user in stored.users.values()])
        assert stored.names(user.id for user in seen) == expected, f"{name} in world {stored.seed}"
        assert stored.names(looked_at) == expected, f"{name} in world {stored.seed}"


def test_whom_one_may_not_write_to_is_known_with_the_reason(worlds: list[Stored]) -> None:
    for stored in worlds:
        name = actor_of(stored)
        answers = {other: stored.world.refusal_to_write(name, other) for other in stored.users}
        expected = {stored.users[other].id: answer.value for other, answer in answers.items() if answer}

        refusals = visibility.refusals_to_write(stored.users[name], [user.id for user in stored.users.values()])

        assert refusals == expected, f"{name} in world {stored.seed}"


def test_the_departments_shown_are_those_of_the_rules(worlds: list[Stored]) -> None:
    for stored in worlds:
        name = actor_of(stored)
        expected = {key for key in stored.departments if stored.world.may_see_department(name, key)}

        shown = visibility.visible_departments(stored.users[name])

        assert stored.department_names(row.id for row in shown) == expected, f"{name} in world {stored.seed}"


def test_those_who_can_be_found_by_name_are_those_of_the_rules(worlds: list[Stored]) -> None:
    for stored in worlds:
        name = actor_of(stored)
        expected = {other for other in stored.users if stored.world.may_find(name, other)}

        found = visibility.findable_users(stored.users[name])

        assert stored.names(user.id for user in found) == expected, f"{name} in world {stored.seed}"


def test_the_places_shown_are_those_of_the_rules(worlds: list[Stored]) -> None:
    for stored in worlds:
        name = actor_of(stored)
        places = stored.world.placements
        expected = {(p.person, p.department) for p in places if stored.world.may_see_placement(name, p)}

        shown = visibility.visible_placements(stored.users[name]).select_related("department", "user")

        assert {(row.user.username, row.department.name) for row in shown} == expected, f"{name} in {stored.seed}"


def test_the_worlds_are_worth_it(worlds: list[Stored]) -> None:
    """Every answer occurs often enough that a rule left out would show."""
    refusals = [
        str(stored.world.refusal_to_write(actor_of(stored), other)) for stored in worlds for other in stored.users
    ]

    stands = [read_standing(stored.users[actor_of(stored)]) for stored in worlds]

    assert min(refusals.count(code) for code in ("None", "user_not_found", "blocked", "writing_not_agreed")) >= 10
    assert min(sum(each.sees_most is most for each in stands) for most in (True, False)) >= 30
    assert min(sum(bool(each.inside) for each in stands), sum(each.has_walls for each in stands)) >= 30


@pytest.mark.django_db
def test_a_hidden_person_is_seen_by_those_who_share_what_is_hidden_and_by_nobody_else() -> None:
    stored = store_world(
        World(
            people={name: Person(is_hidden=name == "b") for name in PEOPLE},
            organisations={"acme": Organisation("organisation")},
            departments={"root": Department("acme"), "lab": Department("acme", "root", is_hidden=True)},
            placements=(*(Placement(name, "lab") for name in "abc"), Placement("b", "root"), Placement("d", "root")),
        )
    )
    everybody = [user.id for user in stored.users.values()]

    for name, expected in {"a": {"b", "c", "d"}, "d": set()}.items():
        listed = stored.names(user.id for user in visibility.visible_users(stored.users[name]))
        looked_at = stored.names(visibility.may_see(stored.users[name], everybody))
        assert listed & set("bcd") - {name} == looked_at & set("bcd") - {name} == expected


class TestOnePair:
    def test_may_see_names_those_who_are_seen(self, alice: User, bob: User, eve: User) -> None:
        assert visibility.may_see(alice, [bob.id, eve.id, alice.id]) == {alice.id, bob.id}
        assert visibility.may_see(alice, []) == set()

    def test_nobody_may_be_written_to_in_another_tenant(self, alice: User, bob: User, eve: User) -> None:
        assert visibility.refusals_to_write(alice, [bob.id, eve.id]) == {eve.id: "user_not_found"}

    def test_people_without_relation(self, alice: User, bob: User) -> None:
        assert visibility.relation_of(alice, bob.id) == ("none", False, True)

    def test_asking_looks_different_from_both_ends(self, alice: User, bob: User) -> None:
        contact = Contact(tenant_id=alice.tenant_id, requester=alice, other=bob)
        contact.save()

        assert visibility.relation_of(alice, bob.id).contact == "asked_by_me"
        assert visibility.relation_of(bob, alice.id).contact == "asked_by_them"

        contact.state = Contact.State.ACCEPTED
        contact.save()

        assert visibility.relation_of(alice, bob.id).contact == "accepted"
        assert visibility.relation_of(bob, alice.id).contact == "accepted"

    def test_a_block_is_known_to_who_made_it(self, alice: User, bob: User) -> None:
        Block(tenant_id=alice.tenant_id, user=alice, blocked=bob).save()

        assert visibility.relation_of(alice, bob.id) == ("none", True, False)
        assert visibility.relation_of(bob, alice.id) == ("none", False, False)


class TestCosts:
    """Bounds of queries, for somebody with a place, who is the dearest."""

    @pytest.fixture
    def ann(self, db: None) -> Stored:
        seeds = (seed for seed in range(WORLDS, 1000) if "a" in {place.person for place in make_world(seed).placements})
        return store_worlds([next(seeds)])[0]

    @pytest.mark.parametrize(
        ("ask", "queries"),
        [
            (lambda ann, ids: list(visibility.visible_users(ann)), 3),
            (visibility.may_see, 3),
            (visibility.refusals_to_write, 4),
            (lambda ann, ids: list(visibility.visible_departments(ann)), 3),
            (lambda ann, ids: list(visibility.visible_placements(ann)), 3),
            (lambda ann, ids: list(visibility.findable_users(ann)), 3),
            (lambda ann, ids: visibility.relation_of(ann, ids[0]), 5),
        ],
        ids=["visible_users", "may_see", "refusals", "departments", "placements", "findable", "relation"],
    )
    def test_no_answer_takes_more_than_five(
        self, ann: Stored, ask: Any, queries: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        ids = [user.id for user in ann.users.values()]

        with django_assert_max_num_queries(queries):
            ask(ann.users["a"], ids)
