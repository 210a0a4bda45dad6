"""The state machine, command by command: what it does, and what it refuses."""

import msgspec
import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots import SLOTS, Assignment, Span
from apps.cluster.core.state import (
    AssignSlots,
    ClusterState,
    Code,
    CommandUnknown,
    Envelope,
    Outcome,
    PutMember,
    RaiseVersion,
    ReleaseSlots,
    Removal,
    RemoveMember,
    Retire,
    SetDraining,
    StateInvalid,
)
from apps.cluster.core.state import machine as module
from tests.cluster.core.state.conftest import Log

A, B, C = NodeId(1), NodeId(2), NodeId(3)
ALL = Span(0, SLOTS - 1)


def owned_by_a(log: Log) -> None:
    log.join(A, B)
    assert not log.do(AssignSlots((Assignment(ALL.first, ALL.last, A),), 0)).code


class TestMembers:
    def test_a_member_is_taken_in_with_the_time_it_joined(self, log: Log) -> None:
        log.state.pass_by(5, 700)

        outcome = log.do(PutMember(A, "one", "h", 1, 2, "u", 50, 1))

        assert outcome == Outcome(A, 1, 6, Code.DONE)
        record = log.state.members[A]
        assert (record.name, record.weight, record.joined_ms) == ("one", 50, 700)
        assert (record.draining, record.retiring) == (False, False)

    def test_news_of_a_member_leave_what_was_decided_about_it(self, log: Log) -> None:
        log.join(A)
        log.join(B)
        log.do(SetDraining(A, True))
        log.do(Retire(A))

        log.do(PutMember(A, "other", "h", 1, 2, "u", 50, 1), after_ms=99)

        record = log.state.members[A]
        assert (record.name, record.draining, record.retiring, record.joined_ms) == ("other", True, True, 0)

    def test_draining_is_taken_back(self, log: Log) -> None:
        log.join(A)
        log.do(SetDraining(A, True))

        log.do(SetDraining(A, False))

        assert not log.state.members[A].draining

    def test_the_last_one_that_is_to_stay_stays(self, log: Log) -> None:
        log.join(A)
        log.join(B)

        codes = [log.do(Retire(node)).code for node in (A, B, A)]

        assert codes == [Code.DONE, Code.LAST_MEMBER, Code.DONE]
        assert [node for node, record in log.state.members.items() if record.retiring] == [A]

    def test_nothing_is_said_of_nodes_that_are_not_members(self, log: Log) -> None:
        commands = (SetDraining(A, True), Retire(A), RemoveMember(A, True))

        assert [log.do(command).code for command in commands] == [Code.UNKNOWN_MEMBER] * 3

    def test_views_keep_the_members_they_were_made_of(self, log: Log) -> None:
        before = log.state.members

        log.join(A)

        assert before == {}

    def test_a_node_removed_for_good_does_not_come_back(self, log: Log) -> None:
        log.join(A, B)
        log.do(RemoveMember(B, True))

        outcome = log.do(PutMember(B, "b", "h", 1, 2, "", 1, 1))

        assert outcome.code == Code.REMOVED
        assert dict(log.state.removals) == {B: Removal(B, index=3)}
        assert log.state.removal_of(B) == Removal(B, index=3)
        assert log.state.removal_of(A) is None

    def test_a_node_that_was_only_forgotten_may(self, log: Log) -> None:
        log.join(A, B)
        log.do(RemoveMember(B, False))
        assert B not in log.state.members

        log.join(B)

        assert B in log.state.members

    def test_only_so_many_removals_are_remembered(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "REMOVED_MAX", 1)
        log.join(A, B, C)

        log.do(RemoveMember(B, True))
        log.do(RemoveMember(C, True))

        assert list(log.state.removals) == [C]

    def test_nobody_is_removed_who_has_slots_or_may_still_serve_them(self, log: Log) -> None:
        owned_by_a(log)
        assert log.do(RemoveMember(A, True)).code == Code.OWNS_SLOTS
        log.do(ReleaseSlots((ALL,), A, log.state.index))

        released = log.do(RemoveMember(A, True))
        log.do(AssignSlots((Assignment(0, SLOTS - 1, B),), log.state.index))
        assigned = log.do(RemoveMember(A, True))

        assert (released.code, assigned.code) == (Code.OWNS_SLOTS, Code.DONE)

    def test_there_is_a_last_member(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MEMBERS_MAX", 1)
        log.join(A)

        assert log.do(PutMember(B, "b", "h", 1, 2, "", 1, 1)).code == Code.MEMBERS_FULL
        assert log.do(PutMember(A, "new", "h", 1, 2, "", 1, 1)).code == Code.DONE


class TestSlots:
    def test_free_slots_get_an_owner_and_the_index_as_epoch(self, log: Log) -> None:
        log.join(A, B)

        outcome = log.do(AssignSlots((Assignment(0, 99, A), Assignment(100, SLOTS - 1, B)), 0))

        assert outcome.code == Code.DONE
        assert log.state.table.counts == {A: 100, B: SLOTS - 100}
        assert log.state.table.epoch_of(50) == outcome.index == 3

    def test_only_members_own_slots(self, log: Log) -> None:
        log.join(A)

        outcomes = [log.do(AssignSlots((Assignment(0, 9, node),), 0)).code for node in (B, NO_NODE)]

        assert outcomes == [Code.UNKNOWN_MEMBER] * 2
        assert log.state.table.counts == {NO_NODE: SLOTS}

    def test_what_somebody_owns_is_not_given_away(self, log: Log) -> None:
        owned_by_a(log)

        outcome = log.do(AssignSlots((Assignment(5, 5, B),), log.state.index))

        assert outcome.code == Code.STALE
        assert log.state.table.count_of(B) == 0

    def test_a_decision_on_an_older_table_has_no_effect(self, log: Log) -> None:
        owned_by_a(log)
        decided_at = log.state.index
        log.do(ReleaseSlots((Span(0, 9),), A, decided_at))
        log.do(AssignSlots((Assignment(0, 9, A),), log.state.index))
        before = log.state.table

        late = [
            log.do(ReleaseSlots((Span(0, 9),), A, decided_at)),
            log.do(ReleaseSlots((Span(9, 10),), A, decided_at)),
        ]

        assert [outcome.code for outcome in late] == [Code.STALE] * 2
        assert log.state.table == before

    def test_an_assignment_decided_before_the_last_release_has_no_effect(self, log: Log) -> None:
        owned_by_a(log)
        log.do(ReleaseSlots((Span(0, 9),), A, log.state.index))
        decided_at = log.state.index
        log.do(AssignSlots((Assignment(0, 9, A),), decided_at))
        log.do(ReleaseSlots((Span(0, 9),), A, log.state.index))

        late = log.do(AssignSlots((Assignment(0, 9, B),), decided_at))

        assert late.code == Code.STALE
        assert log.state.table.count_of(B) == 0

    def test_a_release_takes_slots_from_the_owner_it_names_only(self, log: Log) -> None:
        owned_by_a(log)

        refused = log.do(ReleaseSlots((Span(0, 9),), B, log.state.index))
        done = log.do(ReleaseSlots((Span(0, 9),), A, log.state.index))
        again = log.do(ReleaseSlots((Span(0, 9),), A, log.state.index))

        assert [outcome.code for outcome in (refused, done, again)] == [Code.STALE, Code.DONE, Code.STALE]
        part = log.state.table.range_of(0)
        assert (part.owner, part.previous, part.epoch) == (NO_NODE, A, done.index)


class TestVersions:
    def test_the_version_rises_when_every_member_understands_it(self) -> None:
        log = Log(ClusterState.founded("c", supported=2))
        log.join(A, version=2)
        log.join(B)

        early = log.do(RaiseVersion(2))
        log.join(B, version=2)
        done = log.do(RaiseVersion(2))
        back = log.do(RaiseVersion(1))

        assert [outcome.code for outcome in (early, done, back)] == [Code.VERSION_TOO_LOW, Code.DONE, Code.STALE]
        assert log.state.version == 2

    def test_a_program_below_the_version_does_not_join_nor_come_back(self) -> None:
        log = Log(ClusterState.founded("c", supported=2))
        log.join(A, version=2)
        log.do(RaiseVersion(2))

        outcomes = [log.do(PutMember(node, "n", "h", 1, 2, "", 1, 1)).code for node in (A, B)]

        assert outcomes == [Code.VERSION_TOO_LOW] * 2
        assert log.state.members[A].version == 2

    def test_a_program_that_is_too_old_stops_before_it_applies_anything(self, log: Log) -> None:
        log.join(A, version=2)
        before = log.state.pack()

        with pytest.raises(CommandUnknown):
            log.do(RaiseVersion(2))
        assert log.state.pack() == before

    def test_a_refused_rise_stops_nobody(self, log: Log) -> None:
        log.join(A)

        assert log.do(RaiseVersion(2)).code == Code.VERSION_TOO_LOW

    def test_a_command_of_a_version_not_yet_agreed_on_has_no_effect(self) -> None:
        log = Log(ClusterState.founded("c", supported=2))
        data = Envelope(2, A, 1, PutMember(A, "n", "h", 1, 2, "", 1, 2))

        outcome = log.state.apply(1, 0, msgspec.msgpack.encode(data))

        assert outcome.code == Code.TOO_EARLY
        assert log.state.members == {}


class TestEntries:
    def test_a_broken_entry_is_an_outcome_and_time_goes_on(self, log: Log) -> None:
        outcome = log.state.apply(4, 900, b"\xc1")

        assert outcome == Outcome(NO_NODE, 0, 4, Code.INVALID)
        assert (log.state.index, log.state.time_ms) == (4, 900)

    def test_entries_come_in_order_and_time_does_not_run_back(self, log: Log) -> None:
        log.state.pass_by(4, 900)

        log.state.pass_by(5, 800)

        assert log.state.time_ms == 900
        with pytest.raises(AssertionError):
            log.state.pass_by(5, 1_000)

    def test_a_state_without_a_whole_table_is_refused(self, log: Log) -> None:
        data = log.state.pack().replace(msgspec.msgpack.encode(SLOTS - 1), msgspec.msgpack.encode(SLOTS - 2))

        with pytest.raises(StateInvalid):
            ClusterState.unpack(data)
