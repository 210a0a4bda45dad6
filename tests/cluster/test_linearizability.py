"""The checker: it accepts what some order explains, refuses what none does, and agrees with trying all orders."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.linearizability import (
    NEVER_MS,
    UNKNOWN,
    Acquire,
    Assign,
    HeldLease,
    LeaseModel,
    Model,
    NotLinearizable,
    Operation,
    OwnedSlot,
    Read,
    Release,
    Renew,
    SlotModel,
    State,
    Take,
    Undecided,
    check,
)

Step = tuple[object, object, int, int]
SLOT_MODEL = SlotModel()
TTL_MS = 1_050
"""Runs out 999 ms of true time after it was asked for, at the earliest."""


def history(*steps: Step, key: str = "k") -> list[Operation]:
    """Operations as (action, result, called, returned), of one client each."""
    return [Operation(key, f"c{n}", *step) for n, step in enumerate(steps)]


def explained(model: Model[State], *steps: Step) -> bool:
    try:
        return check(history(*steps), model) == len(steps)
    except NotLinearizable:
        return False


def leases(*steps: Step) -> bool:
    return explained(LeaseModel(), *steps)


def slots(*steps: Step) -> bool:
    return explained(SLOT_MODEL, *steps)


def acquired(holder: int, token: object, called_ms: int, returned_ms: int, nonce: int = 0) -> Step:
    return Acquire(holder, nonce, TTL_MS), token, called_ms, returned_ms


class TestOrder:
    def test_nothing_is_linearizable(self) -> None:
        assert check([], LeaseModel()) == 0

    def test_a_read_sees_what_was_done_before_it(self) -> None:
        assert leases(acquired(1, 5, 0, 10), (Read(), 5, 20, 30))
        assert not leases(acquired(1, 5, 0, 10), (Read(), 0, 20, 30))

    def test_what_happens_at_the_same_time_has_either_order(self) -> None:
        assert leases(acquired(1, 5, 0, 10), (Read(), 5, 5, 30))
        assert leases(acquired(1, 5, 0, 10), (Read(), 0, 5, 30))
        assert leases(acquired(1, 5, 0, 10), (Read(), 0, 10, 30))

    def test_two_readers_do_not_see_time_run_backward(self) -> None:
        long = acquired(1, 5, 0, 100)

        assert leases(long, (Read(), 0, 10, 20), (Read(), 5, 30, 40))
        assert not leases(long, (Read(), 5, 10, 20), (Read(), 0, 30, 40))

    def test_what_nobody_heard_of_may_have_happened_or_not_but_not_before_its_call(self) -> None:
        lost = acquired(1, UNKNOWN, 50, NEVER_MS)

        assert leases(lost, (Read(), 5, 60, 70))
        assert leases(lost, (Read(), 0, 60, 70))
        assert not leases(lost, (Read(), 5, 10, 20))

    def test_what_nobody_heard_of_happens_once(self) -> None:
        lost = (Take(1), UNKNOWN, 50, NEVER_MS)
        owned = (Assign(1), 3, 0, 10)

        assert slots(owned, lost, (Read(), (0, 7), 60, 70), (Assign(1), 9, 80, 90))
        assert not slots(owned, lost, (Read(), (0, 7), 60, 70), (Assign(1), 9, 80, 90), (Read(), (0, 11), 95, 99))

    def test_keys_are_independent_and_the_broken_one_is_named(self) -> None:
        sound = history(acquired(1, 5, 0, 10), key="sound")
        broken = history((Read(), 5, 0, 10), key="broken")

        with pytest.raises(NotLinearizable, match="'broken'") as refused:
            check(sound + broken, LeaseModel())
        assert "[0..10] c0: Read() -> 5" in str(refused.value)

    def test_the_bound_is_no_success(self) -> None:
        looks = [(Read(), (0, 0), 0, 10) for _ in range(10)]

        with pytest.raises(Undecided):
            check(history(*looks, (Read(), (1, 1), 0, 10)), SLOT_MODEL, states_max=100)
        with pytest.raises(NotLinearizable):
            check(history(*looks, (Read(), (1, 1), 0, 10)), SLOT_MODEL)

    @pytest.mark.parametrize(("result", "returned_ms"), [(UNKNOWN, 10), (5, NEVER_MS), (5, -1)])
    def test_records_that_contradict_themselves_are_refused(self, result: object, returned_ms: int) -> None:
        with pytest.raises(AssertionError):
            Operation("k", "c", Read(), result, 0, returned_ms)

    @pytest.mark.parametrize("model", [LeaseModel(), SlotModel()])
    def test_an_action_of_another_object_explains_nothing(self, model: Model[HeldLease]) -> None:
        with pytest.raises((TypeError, NotLinearizable)):
            check(history(("nonsense", 1, 0, 1)), model)

    def test_long_histories_are_checked_quickly(self) -> None:
        recorded = record(Random(3), clients=8, rounds=2_000)

        assert check(recorded, LeaseModel()) == len(recorded) == 2_000


class TestLeases:
    def test_two_do_not_hold_it_at_the_same_time(self) -> None:
        assert not leases(acquired(1, 5, 0, 10), acquired(2, 7, 20, 30))

    def test_after_it_may_have_run_out_another_gets_it_with_a_higher_token(self) -> None:
        first = acquired(1, 5, 0, 10)

        assert leases(first, acquired(2, 7, 990, 999))
        assert not leases(first, acquired(2, 7, 990, 998))
        assert not leases(first, acquired(2, 5, 2_000, 2_010))
        assert not leases(first, acquired(2, 4, 2_000, 2_010))

    def test_a_faster_cluster_clock_ends_it_sooner(self) -> None:
        soon = (acquired(1, 5, 0, 10), acquired(2, 7, 990, 995))

        assert not explained(LeaseModel(), *soon)
        assert explained(LeaseModel(drift=0.1), *soon)

    def test_a_refusal_needs_somebody_who_holds_it(self) -> None:
        assert leases(acquired(1, 5, 0, 10), acquired(2, None, 20, 30))
        assert not leases(acquired(2, None, 20, 30))
        assert not leases(acquired(1, 5, 0, 10), (Release(5), True, 12, 14), acquired(2, None, 20, 30))

    def test_asking_again_with_the_same_nonce_gets_the_same_token(self) -> None:
        first = acquired(1, 5, 0, 10, nonce=3)

        assert leases(first, acquired(1, 5, 20, 30, nonce=3))
        assert not leases(first, acquired(1, 6, 20, 30, nonce=3))
        assert not leases(first, acquired(1, None, 20, 30, nonce=3))
        assert leases(first, acquired(1, None, 20, 30, nonce=4))

    def test_renewing_keeps_others_out_for_longer(self) -> None:
        renewed = (acquired(1, 5, 0, 10), (Renew(5, TTL_MS), True, 500, 510))

        assert not leases(*renewed, acquired(2, 7, 1_200, 1_210))
        assert leases(*renewed, acquired(2, 7, 1_500, 1_510))

    def test_only_the_token_that_is_held_renews_and_releases(self) -> None:
        first = acquired(1, 5, 0, 10)

        assert not leases(first, (Renew(4, TTL_MS), True, 20, 30))
        assert leases(first, (Renew(4, TTL_MS), False, 20, 30))
        assert not leases(first, (Renew(5, TTL_MS), False, 20, 30))
        assert leases(first, (Renew(5, TTL_MS), False, 2_000, 2_010))
        assert not leases(first, (Release(4), True, 20, 30))
        assert not leases((Release(4), True, 20, 30))

    def test_what_was_lost_stays_lost(self) -> None:
        lost = (acquired(1, 5, 0, 10), (Renew(5, TTL_MS), False, 2_000, 2_010))

        assert not leases(*lost, (Renew(5, TTL_MS), True, 2_020, 2_030))

    def test_what_was_given_back_is_free_for_a_higher_token(self) -> None:
        given_back = (acquired(1, 5, 0, 10), (Release(5), True, 20, 30))

        assert leases(*given_back, (Read(), 0, 40, 50), acquired(2, 7, 60, 70))
        assert not leases(*given_back, acquired(2, 5, 60, 70))

    def test_a_token_nobody_was_told_is_learned_from_what_follows(self) -> None:
        lost = acquired(1, UNKNOWN, 0, NEVER_MS)

        assert leases(lost, (Read(), 5, 10, 20), (Renew(5, TTL_MS), True, 30, 40))
        assert not leases(lost, (Read(), 5, 10, 20), (Renew(6, TTL_MS), True, 30, 40))
        assert leases(lost, (Renew(5, TTL_MS), True, 30, 40), (Release(5), True, 50, 60), acquired(2, 9, 70, 80))
        assert not leases(lost, (Renew(5, TTL_MS), True, 30, 40), (Release(5), True, 50, 60), acquired(2, 4, 70, 80))

    def test_renewals_and_returns_nobody_heard_of_may_have_happened(self) -> None:
        first = acquired(1, 5, 0, 10)

        assert leases(first, (Release(5), UNKNOWN, 20, NEVER_MS), acquired(2, 7, 30, 40))
        assert leases(first, (Release(5), UNKNOWN, 20, NEVER_MS), (Read(), 5, 30, 40))
        assert not leases(first, (Release(4), UNKNOWN, 20, NEVER_MS), acquired(2, 7, 30, 40))
        assert leases(first, (Renew(5, TTL_MS), UNKNOWN, 900, NEVER_MS), (Read(), 5, 1_800, 1_810))
        assert leases(first, (Read(), UNKNOWN, 20, NEVER_MS), (Read(), 5, 30, 40))


class TestSlots:
    def test_a_slot_is_given_taken_and_given_with_growing_epochs(self) -> None:
        assert slots((Assign(1), 3, 0, 10), (Take(1), 5, 20, 30), (Read(), (0, 5), 40, 50), (Assign(2), 6, 60, 70))
        assert not slots((Assign(1), 3, 0, 10), (Take(1), 2, 20, 30))
        assert not slots((Assign(1), 3, 0, 10), (Take(1), 3, 20, 30))

    def test_nobody_gets_what_somebody_owns(self) -> None:
        assert not slots((Assign(1), 3, 0, 10), (Assign(2), 5, 20, 30))
        assert slots((Assign(1), 3, 0, 10), (Assign(2), None, 20, 30))

    def test_it_is_taken_from_its_owner_only(self) -> None:
        assert not slots((Assign(1), 3, 0, 10), (Take(2), 5, 20, 30))
        assert not slots((Take(2), 5, 20, 30))

    def test_a_stale_table_is_no_linearizable_read(self) -> None:
        moved = ((Assign(1), 3, 0, 10), (Take(1), 5, 20, 30))

        assert slots(*moved, (Read(), (0, 5), 40, 50))
        assert not slots(*moved, (Read(), (1, 3), 40, 50))
        assert not slots(*moved, (Read(), (0, 4), 40, 50))

    def test_an_epoch_nobody_was_told_is_learned_from_what_follows(self) -> None:
        lost = (Assign(1), UNKNOWN, 0, NEVER_MS)

        assert slots(lost, (Read(), (1, 4), 10, 20), (Read(), (1, 4), 30, 40))
        assert not slots(lost, (Read(), (1, 4), 10, 20), (Read(), (1, 5), 30, 40))
        assert not slots(lost, (Read(), (2, 4), 10, 20))


def record(random: Random, clients: int, rounds: int) -> list[Operation]:
    """Run clients against one real lease that never ends, each operation at one moment between its call and return."""
    token, holder, last, clock_ms = 0, 0, 0, 0
    recorded = []
    for _ in range(rounds):
        clock_ms += random.randrange(4)
        client = random.randrange(1, clients + 1)
        called_ms, returned_ms = clock_ms - random.randrange(1, 9), clock_ms + random.randrange(1, 9)
        if token and holder == client:
            action: object = Release(token)
            result: object = True
            token = holder = 0
        elif token:
            action, result = (Acquire(client, last, 10**9), None) if random.random() < 0.5 else (Read(), token)
        else:
            last += random.randrange(1, 5)
            token, holder = last, client
            action, result = Acquire(client, last, 10**9), token
        recorded.append(Operation("k", f"c{client}", action, result, called_ms, returned_ms))
    return recorded


@given(st.integers(0, 10_000))
def test_what_was_done_at_single_moments_is_always_explained(seed: int) -> None:
    recorded = record(Random(seed), clients=4, rounds=60)

    assert check(recorded, LeaseModel()) == 60


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 59))
def test_a_release_that_is_moved_behind_the_next_holder_is_found(seed: int, position: int) -> None:
    recorded = record(Random(seed), clients=4, rounds=60)
    released = [operation for operation in recorded if isinstance(operation.action, Release)]
    victim = released[position % len(released)]
    late = Operation("k", victim.client, victim.action, True, 10**6, 10**6 + 1)
    followed = any(
        isinstance(operation.action, Acquire) and operation.result and operation.called_ms > victim.returned_ms
        for operation in recorded
    )

    if followed:
        with pytest.raises(NotLinearizable):
            check([operation for operation in recorded if operation != victim] + [late], LeaseModel())
    else:
        assert check(recorded, LeaseModel()) == 60


steps = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.sampled_from([Assign(1), Assign(2), Take(1), Take(2)]), st.sampled_from([None, 1, 2, 3])),
            st.tuples(st.just(Read()), st.tuples(st.integers(0, 2), st.integers(0, 3))),
        ),
        st.integers(0, 6),
        st.integers(0, 4),
    ),
    max_size=5,
)


def brute(operations: list[Operation]) -> bool:
    """Try every order, without any cleverness."""
    for order in permutations(operations):
        if any(b.returned_ms < a.called_ms for n, a in enumerate(order) for b in order[n + 1 :]):
            continue
        states = [OwnedSlot()]
        for operation in order:
            states = [after for state in states for after in SLOT_MODEL.after(state, operation)]
        if states:
            return True
    return False


@given(steps)
def test_the_answer_is_that_of_trying_every_order(drawn: list[tuple[tuple[object, object], int, int]]) -> None:
    recorded = history(*((action, result, at, at + length) for (action, result), at, length in drawn))

    try:
        answer = check(recorded, SLOT_MODEL) == len(recorded)
    except NotLinearizable:
        answer = False

    assert answer == brute(recorded)
