"""Slots: taken in one step, given in the next, and only when nobody can serve them any more."""

from dataclasses import replace

from apps.cluster.core.reconcile import Evidence, ReconcileConfig
from apps.cluster.core.reconcile.allotment import Allotment
from apps.cluster.core.slots import SLOTS, Assignment, Span
from apps.cluster.core.state import AssignSlots, ClusterState, Command, PutMember, ReleaseSlots, Retire, SetDraining
from tests.cluster.core.reconcile.situations import (
    NOW_MS,
    A,
    B,
    C,
    contact,
    evidence,
    owning,
    peer,
    presence_of,
    state_of,
    tell,
)

LAST = SLOTS - 1
HALF = SLOTS // 2
SILENT = contact(NOW_MS - 5_000, lease_bound_ms=NOW_MS - 4_000)
QUIET = contact(NOW_MS - 500)


def commands(state: ClusterState, *seen: Evidence, config: ReconcileConfig | None = None) -> list[Command]:
    """What is decided at the last look."""
    allotment, decided = Allotment(config or ReconcileConfig()), list[Command]()
    for count in range(len(seen)):
        presence = presence_of(state, *seen[: count + 1], config=config)
        decided = allotment.commands(state, seen[count], presence)
    return decided


def halves() -> ClusterState:
    return owning(state_of(A, B), (0, HALF - 1, A), (HALF, LAST, B))


def released(state: ClusterState, first: int, last: int) -> ClusterState:
    owner = state.table.owner(first)
    return tell(state, ReleaseSlots((Span(first, last),), owner, state.index))


class TestFirstAssignment:
    def test_everything_is_given_at_once_when_everybody_is_heard(self) -> None:
        state = state_of(A, B)

        decided = commands(state, evidence((A, B), leader_since_ms=NOW_MS - 100))

        assert decided == [AssignSlots((Assignment(0, HALF - 1, A), Assignment(HALF, LAST, B)), 0)]

    def test_it_waits_for_those_not_heard_or_not_written_down_but_not_for_ever(self) -> None:
        unheard = evidence((A, B), contacts={B: contact(None)}, leader_since_ms=NOW_MS - 1_999)
        unwritten = evidence((A, B, C), leader_since_ms=NOW_MS - 1_999)

        waiting = [commands(state_of(A, B), seen) for seen in (unheard, unwritten)]
        done = commands(state_of(A, B), replace(unheard, leader_since_ms=NOW_MS - 2_000))

        assert waiting == [[], []]
        assert done == [AssignSlots((Assignment(0, LAST, A),), 0)]

    def test_a_founder_that_is_to_have_none_waits_for_others_to_join_but_not_for_ever(self) -> None:
        state = tell(state_of(A), PutMember(A, "a", "h", 1, 2, "", 0, 1))
        joined = tell(state, PutMember(B, "b", "h", 1, 2, "", 100, 1))
        fresh = {B: peer(B, since_ms=NOW_MS - 100)}

        alone = commands(state, evidence((A,), leader_since_ms=NOW_MS - 1_999))
        together = commands(joined, evidence((A,), (B,), peers=fresh, leader_since_ms=NOW_MS - 1_999))
        at_last = commands(state, evidence((A,), leader_since_ms=NOW_MS - 2_000))

        assert alone == []
        assert together == [AssignSlots((Assignment(0, LAST, B),), 0)]
        assert at_last == [AssignSlots((Assignment(0, LAST, A),), 0)]


class TestSilence:
    def test_the_slots_of_a_lost_member_are_released_whole(self) -> None:
        state = halves()

        decided = commands(state, evidence((A, B), contacts={B: SILENT}))

        assert decided == [ReleaseSlots((Span(HALF, LAST),), B, state.table.epoch)]

    def test_from_a_member_that_is_only_quiet_nothing_is_taken(self) -> None:
        assert commands(halves(), evidence((A, B), contacts={B: QUIET})) == []

    def test_where_only_a_draining_node_is_left_it_serves_them_all_the_same(self) -> None:
        state = tell(halves(), SetDraining(A, True))
        silence, epoch = evidence((A, B), contacts={B: SILENT}), state.table.epoch

        taken = commands(state, silence)
        orphaned = released(state, HALF, LAST)
        given = commands(orphaned, silence)

        assert taken == [ReleaseSlots((Span(HALF, LAST),), B, epoch)]
        assert given == [AssignSlots((Assignment(HALF, LAST, A),), orphaned.table.epoch)]

    def test_where_all_drain_nothing_moves_but_what_is_nobodys(self) -> None:
        state = owning(state_of(A, B, C), (0, 9_999, A), (10_000, LAST, B))
        for node in (A, B, C):
            state = tell(state, SetDraining(node, True))

        assert commands(state, evidence((A, B, C))) == []
        orphaned = released(state, 10_000, 10_099)
        given = commands(orphaned, evidence((A, B, C), contacts={B: contact(applied=orphaned.table.epoch)}))
        assert given == [AssignSlots((Assignment(10_000, 10_099, B),), orphaned.table.epoch)]

    def test_where_only_a_node_without_weight_is_left_it_serves_what_is_nobodys(self) -> None:
        weightless = tell(state_of(A, B), PutMember(A, "a", "h", 1, 2, "", 0, 1))

        (given,) = commands(weightless, evidence((A, B), contacts={B: SILENT}))

        assert given == AssignSlots((Assignment(0, LAST, A),), 0)

    def test_nothing_moves_for_balance_while_an_owner_is_silent(self) -> None:
        state = owning(state_of(A, B, C), (0, 9_999, A), (10_000, LAST, B))

        well = commands(state, evidence((A, B, C)))
        quiet = commands(state, evidence((A, B, C), contacts={B: QUIET}))

        assert {type(command) for command in well} == {ReleaseSlots}
        assert quiet == []

    def test_a_draining_node_is_emptied_all_the_same(self) -> None:
        parts = ((0, 4_999, A), (5_000, 9_999, B), (10_000, LAST, C))
        state = tell(owning(state_of(A, B, C), *parts), SetDraining(C, True))

        decided = commands(state, evidence((A, B, C), contacts={B: QUIET}))

        assert [command.owner for command in decided if isinstance(command, ReleaseSlots)] == [C]

    def test_a_draining_node_that_is_silent_for_a_moment_is_left_alone(self) -> None:
        state = tell(halves(), SetDraining(B, True))

        assert commands(state, evidence((A, B), contacts={B: QUIET})) == []


class TestGiving:
    def test_a_slot_is_given_when_its_last_owner_has_applied_the_release(self) -> None:
        state = released(halves(), HALF, LAST)
        epoch = state.table.epoch

        waiting = commands(state, evidence((A, B), contacts={B: contact(applied=epoch - 1)}))
        ready = commands(state, evidence((A, B), contacts={B: contact(applied=epoch)}))

        assert waiting == []
        assert ready == [AssignSlots((Assignment(HALF, LAST, B),), epoch)]

    def test_or_when_its_lease_has_run_out(self) -> None:
        state = released(halves(), HALF, LAST)

        def given(bound_ms: int) -> list[Command]:
            gone = contact(NOW_MS - 5_000, applied=0, lease_bound_ms=bound_ms)
            return commands(state, evidence((A, B), contacts={B: gone}))

        assert given(NOW_MS + 1) == []
        assert given(NOW_MS) == [AssignSlots((Assignment(HALF, LAST, A),), state.table.epoch)]

    def test_or_when_no_lease_from_before_the_release_can_run(self) -> None:
        """A node that answers but never confirms is granted leases for ever; they need a table without these slots."""
        state = released(halves(), HALF, LAST)

        def after(wait_ms: int) -> list[Command]:
            stuck = contact(NOW_MS + wait_ms, applied=0, lease_bound_ms=NOW_MS + 10_000)
            first = evidence((A, B), contacts={B: replace(stuck, acked_ms=NOW_MS)})
            return commands(state, first, evidence((A, B), contacts={B: stuck}, now_ms=NOW_MS + wait_ms))

        assert after(549) == []
        assert [type(command) for command in after(550)] == [AssignSlots]

    def test_an_owner_the_log_no_longer_knows_is_waited_for_by_time(self) -> None:
        state = released(halves(), HALF, LAST)
        looks = [evidence((A,), now_ms=NOW_MS + wait_ms) for wait_ms in (0, 549, 550)]

        assert commands(state, *looks[:2]) == []
        assert [type(command) for command in commands(state, *looks)] == [AssignSlots]

    def test_only_what_is_ready_is_given(self) -> None:
        parts = ((0, 99, A), (100, 199, B), (200, LAST, C))
        state = released(released(owning(state_of(A, B, C), *parts), 100, 199), 200, 299)
        first = state.table.epoch_of(100)

        decided = commands(state, evidence((A, B, C), contacts={B: contact(applied=first), C: contact(applied=first)}))

        given = [part for command in decided if isinstance(command, AssignSlots) for part in command.assignments]
        assert [(part.first, part.last) for part in given] == [(100, 199)]


class TestStanding:
    def test_a_node_without_slots_gets_some_only_when_stable(self) -> None:
        state = owning(state_of(A, B), (0, LAST, A))
        fresh = evidence((A, B), peers={B: peer(B, since_ms=NOW_MS - 100)})

        assert commands(state, fresh) == []
        assert [type(command) for command in commands(state, evidence((A, B)))] == [ReleaseSlots]

    def test_rather_a_new_node_serves_than_nobody(self) -> None:
        state = tell(owning(state_of(A, B), (0, LAST, A)), SetDraining(A, True))
        fresh = evidence((A, B), peers={B: peer(B, since_ms=NOW_MS - 100)})

        decided = commands(state, fresh)

        assert [(type(c), c.owner) for c in decided if isinstance(c, ReleaseSlots)] == [(ReleaseSlots, A)]

    def test_while_an_owner_is_only_quiet_no_new_node_takes_over(self) -> None:
        parts = ((0, 99, A), (100, LAST, B))
        state = tell(owning(state_of(A, B, C), *parts), SetDraining(A, True))
        seen = evidence((A, B, C), contacts={B: QUIET}, peers={C: peer(C, since_ms=NOW_MS - 100)})

        assert commands(state, seen) == []

    def test_retiring_and_weightless_members_give_what_they_have(self) -> None:
        retiring = tell(halves(), Retire(B))
        weightless = tell(halves(), PutMember(B, "b", "h", 1, 2, "", 0, 1))

        for state in (retiring, weightless):
            decided = commands(state, evidence((A, B)))
            assert [c.owner for c in decided if isinstance(c, ReleaseSlots)] == [B]

    def test_only_so_much_is_on_its_way_between_the_living(self) -> None:
        state = tell(halves(), SetDraining(B, True))
        config = ReconcileConfig(move_limit=10)

        (release,) = commands(state, evidence((A, B)), config=config)

        assert isinstance(release, ReleaseSlots)
        assert sum(span.count for span in release.spans) == 10
