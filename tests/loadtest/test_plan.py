"""Sharing a scenario out over processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.loadtest.errors import TooFewUsers
from apps.loadtest.plan import PORTS_PER_SOURCE, WorkerPlan, is_chosen, make_plans, place_of, worker_count
from apps.loadtest.scenario import Scenario, Traffic
from tests.loadtest.fake_server import population

PEOPLE = population(40, 2, 10, 40)


def plans_for(*traffic: Traffic, sessions: int = 40, workers: int = 3) -> list[WorkerPlan]:
    scenario = Scenario(title={}, sessions=sessions, connect_per_s=100, connecting=30, traffic=list(traffic))
    return make_plans(scenario, PEOPLE, workers=workers, urls=["a", "b"], run=1, spread_sources=True)


@pytest.mark.parametrize(
    ("sessions", "cores", "files", "expected"),
    [
        (100, 8, 20_000, 1),
        (4000, 2, 20_000, 2),
        (100_000, 2, 19_800, 7),
        (100_000, 16, 1 << 20, 16),
        (1000, 2, 300, 4),
        (5, 4, 0, 5),
    ],
)
def test_there_are_as_many_processes_as_cores_and_limits_ask_for(
    sessions: int, cores: int, files: int, expected: int
) -> None:
    assert worker_count(sessions, cores=cores, files_per_process=files) == expected


@given(st.integers(1, 40), st.integers(1, 7))
def test_everybody_is_in_one_process_and_pairs_stay_together(sessions: int, workers: int) -> None:
    plans = plans_for(sessions=sessions, workers=workers)

    assert [user for plan in plans for user in plan.users] == PEOPLE.users[:sessions]
    assert all(plan.first % 2 == 0 or not plan.users for plan in plans)
    assert sum(plan.connect_per_s for plan in plans) == pytest.approx(100)


def test_a_conversation_s_members_and_speakers_are_shared_out_with_its_users() -> None:
    plans = plans_for(Traffic(size=40, speakers=20, rate_per_s=30))
    rooms = [plan.streams[0].rooms[0] for plan in plans]

    assert [(room.first, room.stop) for room in rooms] == [(0, 12), (12, 26), (26, 40)]
    assert [room.speakers_stop for room in rooms] == [12, 20, 26]
    assert [plan.streams[0].rate_per_s for plan in plans] == [18, 12, 0]
    assert {room.conversation for room in rooms} == set(PEOPLE.conversations[40])


def test_conversations_without_a_number_are_all_that_are_wholly_online() -> None:
    (plan,) = plans_for(Traffic(size=10), sessions=35, workers=1)

    assert [(room.first, room.stop) for room in plan.streams[0].rooms] == [(0, 10), (10, 20), (20, 30)]


def test_a_conversation_that_is_larger_than_all_sessions_has_those_that_are_there() -> None:
    (plan,) = plans_for(Traffic(size=0), sessions=8, workers=1)

    assert [(room.first, room.stop) for room in plan.streams[0].rooms] == [(0, 8)]


@pytest.mark.parametrize("traffic", [Traffic(size=7), Traffic(size=10, conversations=5)])
def test_conversations_that_nobody_seeded_are_missed(traffic: Traffic) -> None:
    with pytest.raises(TooFewUsers):
        plans_for(traffic)


def test_too_few_users_are_refused() -> None:
    with pytest.raises(TooFewUsers, match="wanted=41, found=40"):
        plans_for(sessions=41)


def test_without_any_conversation_there_is_no_room_of_all() -> None:
    scenario = Scenario(title={}, sessions=4, traffic=[Traffic(size=0)])

    with pytest.raises(TooFewUsers):
        make_plans(scenario, population(4), workers=1, urls=["a"], run=1, spread_sources=False)


def test_source_addresses_are_enough_and_no_two_processes_share_one() -> None:
    plans = plans_for(workers=3)
    many = make_plans(
        Scenario(title={}, sessions=PORTS_PER_SOURCE + 2),
        population(PORTS_PER_SOURCE + 2),
        workers=1,
        urls=["a"],
        run=1,
        spread_sources=True,
    )

    assert len({source for plan in plans for source in plan.sources}) == 3
    assert len(many[0].sources) == 2


def test_places_and_choices_are_spread() -> None:
    places = [place_of(index, 4) for index in range(4000)]
    chosen = sum(is_chosen(index, 0.1) for index in range(10_000))

    assert all(900 < places.count(place) < 1100 for place in range(4))
    assert 900 < chosen < 1100
    assert all(is_chosen(index, 1.0) for index in range(100))
