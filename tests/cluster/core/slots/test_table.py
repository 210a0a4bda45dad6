"""The slot table: whatever changes, each slot has one history, and equal tables are written alike."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots.keys import SLOTS
from apps.cluster.core.slots.table import Assignment, SlotRange, SlotTable, Span, TableInvalid

A, B, C = NodeId(1), NodeId(2), NodeId(3)
LAST = SLOTS - 1


def test_at_first_nobody_owns_anything() -> None:
    table = SlotTable()

    assert table.ranges == (SlotRange(0, LAST, NO_NODE, 0, NO_NODE),)
    assert table.owner(0) == table.owner(LAST) == NO_NODE
    assert table.epoch == 0
    assert table.counts == {NO_NODE: SLOTS}


def test_an_assignment_gives_its_slots_an_owner_and_an_epoch() -> None:
    table = SlotTable().with_assigned([Assignment(10, 19, A)], epoch=7)

    assert [table.owner(slot) for slot in (9, 10, 19, 20)] == [NO_NODE, A, A, NO_NODE]
    assert (table.epoch_of(10), table.epoch_of(9), table.epoch) == (7, 0, 7)
    assert (table.count_of(A), table.count_of(B)) == (10, 0)
    assert table.range_of(15).span == Span(10, 19)


def test_a_release_remembers_whom_it_was_taken_from() -> None:
    owned = SlotTable().with_assigned([Assignment(0, 99, A), Assignment(100, LAST, B)], epoch=3)

    table = owned.with_released([Span(90, 109)], epoch=8)

    assert table.ranges_of(NO_NODE) == (SlotRange(90, 99, NO_NODE, 8, A), SlotRange(100, 109, NO_NODE, 8, B))
    assert table.ranges_of(A) == (SlotRange(0, 89, A, 3, NO_NODE),)


def test_whoever_gave_slots_up_holds_them_until_they_have_an_owner() -> None:
    released = SlotTable().with_assigned([Assignment(0, 99, A)], epoch=3).with_released([Span(0, 99)], epoch=8)

    assert SlotTable().holders == frozenset()
    assert released.holders == {A}
    assert released.with_assigned([Assignment(0, 99, B)], epoch=9).holders == {B}


def test_the_next_owner_is_all_that_is_remembered() -> None:
    released = SlotTable().with_assigned([Assignment(0, LAST, A)], epoch=3).with_released([Span(5, 9)], epoch=4)

    table = released.with_assigned([Assignment(5, 9, B)], epoch=6)

    assert table.range_of(7) == SlotRange(5, 9, B, 6, NO_NODE)


def test_a_change_leaves_the_table_it_began_with_alone() -> None:
    before = SlotTable()

    before.with_assigned([Assignment(0, 9, A)], epoch=1)

    assert before == SlotTable()


def test_neighbours_with_the_same_history_are_one_range() -> None:
    table = SlotTable().with_assigned([Assignment(10, 19, A), Assignment(0, 9, A), Assignment(20, LAST, A)], epoch=2)

    assert len(table.ranges) == 1


@pytest.mark.parametrize(
    "assignments",
    [
        [Assignment(0, 9, A), Assignment(9, 12, B)],
        [Assignment(0, 9, NO_NODE)],
        [Assignment(5, SLOTS, A), Assignment(0, 4, A)],
    ],
)
def test_an_impossible_change_fails_loudly(assignments: list[Assignment]) -> None:
    with pytest.raises(AssertionError):
        SlotTable().with_assigned(assignments, epoch=1)


def test_nobody_can_release_what_nobody_owns() -> None:
    with pytest.raises(AssertionError):
        SlotTable().with_released([Span(0, 1)], epoch=1)


@pytest.mark.parametrize("slot", [-1, SLOTS])
def test_there_is_no_slot_outside(slot: int) -> None:
    with pytest.raises(AssertionError):
        SlotTable().owner(slot)


@pytest.mark.parametrize(
    "ranges",
    [
        (),
        (SlotRange(0, 5, A, 1, NO_NODE),),
        (SlotRange(1, LAST, A, 1, NO_NODE),),
        (SlotRange(0, 9, A, 1, NO_NODE), SlotRange(9, LAST, B, 1, NO_NODE)),
        (SlotRange(0, 9, A, 1, NO_NODE), SlotRange(10, 8, A, 1, NO_NODE), SlotRange(9, LAST, B, 1, NO_NODE)),
        (SlotRange(0, LAST + 1, A, 1, NO_NODE),),
    ],
)
def test_a_table_with_holes_or_overlaps_is_refused(ranges: tuple[SlotRange, ...]) -> None:
    with pytest.raises(TableInvalid):
        SlotTable.unpack(msgspec.msgpack.encode(ranges))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xc1garbage", msgspec.msgpack.encode([[0, LAST, 1]])])
def test_bytes_that_are_no_table_are_refused(data: bytes) -> None:
    with pytest.raises(TableInvalid, match="not a table"):
        SlotTable.unpack(data)


def test_tables_compare_by_what_they_say() -> None:
    assert SlotTable() == SlotTable()
    assert hash(SlotTable()) == hash(SlotTable())
    assert SlotTable() != SlotTable().with_assigned([Assignment(0, 1, A)], epoch=1)
    assert SlotTable() != "a table"
    assert "SlotRange" in repr(SlotTable())


slots = st.integers(0, LAST)
changes = st.lists(st.tuples(slots, slots, st.sampled_from([A, B, C, NO_NODE])), max_size=12)


@given(changes)
def test_any_history_agrees_with_a_plain_list_of_slots(history: list[tuple[int, int, NodeId]]) -> None:
    model = [(NO_NODE, 0, NO_NODE)] * SLOTS
    table = SlotTable()

    for epoch, (one, other, owner) in enumerate(history, start=1):
        first, last = min(one, other), max(one, other)
        if owner != NO_NODE:
            table = table.with_assigned([Assignment(first, last, owner)], epoch)
            model[first : last + 1] = [(owner, epoch, NO_NODE)] * (last - first + 1)
        elif all(before != NO_NODE for before, _, _ in model[first : last + 1]):
            table = table.with_released([Span(first, last)], epoch)
            model[first : last + 1] = [(NO_NODE, epoch, before) for before, _, _ in model[first : last + 1]]

    assert [(p.owner, p.epoch, p.previous) for p in table.ranges for _ in range(p.count)] == model
    assert list(table.owners) == [owner for owner, _, _ in model]
    assert sum(table.counts.values()) == SLOTS
    assert all(
        (a.owner, a.epoch, a.previous) != (b.owner, b.epoch, b.previous)
        for a, b in zip(table.ranges, table.ranges[1:], strict=False)
    )
    assert SlotTable.unpack(table.pack()) == table
    assert SlotTable.unpack(table.pack()).pack() == table.pack()
