"""The planner: fair by weight, and never one movement more than the surplus."""

from hypothesis import given
from hypothesis import strategies as st

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots.keys import SLOTS
from apps.cluster.core.slots.planner import Movements, plan, shares
from apps.cluster.core.slots.table import Assignment, SlotTable, Span

A, B, C, D = (NodeId(number) for number in (1, 2, 3, 4))
LAST = SLOTS - 1


def moved(table: SlotTable, movements: Movements, epoch: int) -> SlotTable:
    """Carry a plan out, without waiting for anything."""
    spans = [span for release in movements.releases for span in release.spans]
    table = table.with_assigned(movements.assignments, epoch)
    return table.with_released(spans, epoch + 1)


def settled(table: SlotTable, weights: dict[NodeId, int], limit: int = SLOTS) -> tuple[SlotTable, int]:
    """Plan and carry out until nothing is left to do; return how many slots were released on the way."""
    released = 0
    for epoch in range(table.epoch + 1, table.epoch + 2_000, 2):
        movements = plan(table, weights, limit)
        if movements == Movements((), ()):
            return table, released
        released += sum(span.count for release in movements.releases for span in release.spans)
        table = moved(table, movements, epoch)
    raise AssertionError("the planner does not come to rest")


def balanced(weights: dict[NodeId, int]) -> SlotTable:
    return settled(SlotTable(), weights)[0]


def test_the_first_plan_gives_every_slot_to_somebody_in_as_few_ranges_as_there_are_nodes() -> None:
    movements = plan(SlotTable(), {A: 100, B: 100, C: 100}, limit=1)

    assert movements.releases == ()
    assert [part.owner for part in movements.assignments] == [A, B, C]
    assert sum(part.last - part.first + 1 for part in movements.assignments) == SLOTS


def test_equal_weights_differ_by_one_slot_at_most() -> None:
    counts = balanced({A: 100, B: 100, C: 100}).counts

    assert sorted(counts.values()) == [5461, 5461, 5462]


def test_weights_count() -> None:
    counts = balanced({A: 100, B: 300}).counts

    assert counts == {A: SLOTS // 4, B: SLOTS * 3 // 4}


def test_of_equal_remainders_nothing_moves_for_the_tie() -> None:
    table = SlotTable().with_assigned(
        [Assignment(0, 5460, A), Assignment(5461, 10922, B), Assignment(10923, LAST, C)], 1
    )

    assert plan(table, {A: 1, B: 1, C: 1}, SLOTS) == Movements((), ())


def test_a_joining_node_gets_its_share_and_nothing_else_moves() -> None:
    before = balanced({A: 1, B: 1, C: 1})

    after, released = settled(before, {A: 1, B: 1, C: 1, D: 1})

    assert after.count_of(D) == released == SLOTS // 4
    changed = [slot for slot in range(SLOTS) if before.owners[slot] != after.owners[slot]]
    assert len(changed) == released
    assert {after.owners[slot] for slot in changed} == {D}
    assert len(after.ranges) <= len(before.ranges) + 3


def test_a_leaving_node_gives_what_it_has_and_nothing_else_moves() -> None:
    before = balanced({A: 1, B: 1, C: 1, D: 1})

    after, released = settled(before, {A: 1, B: 1, C: 1, D: 0})

    assert released == before.count_of(D)
    assert after.count_of(D) == 0
    assert all(before.owners[s] == after.owners[s] for s in range(SLOTS) if before.owners[s] != D)


def test_the_slots_of_a_node_that_is_gone_are_given_away_at_once_whatever_the_limit() -> None:
    before = balanced({A: 1, B: 1, C: 1})

    movements = plan(before, {A: 1, B: 1}, limit=1)

    assert movements.releases == ()
    assert sum(part.last - part.first + 1 for part in movements.assignments) == before.count_of(C)


def test_no_more_than_the_limit_is_on_its_way_at_once() -> None:
    before = balanced({A: 1, B: 1})

    first = plan(before, {A: 1, B: 1, C: 1}, limit=100)
    waiting = before.with_released([span for release in first.releases for span in release.spans], 9)
    second = plan(waiting, {A: 1, B: 1, C: 1}, limit=100)

    assert sum(span.count for release in first.releases for span in release.spans) == 100
    assert second.releases == ()
    assert sum(part.last - part.first + 1 for part in second.assignments) == 100


def test_a_node_that_is_emptied_goes_before_mere_balance() -> None:
    table = SlotTable().with_assigned([Assignment(0, 9, A), Assignment(10, LAST, B)], 1)

    movements = plan(table, {A: 0, B: 1, C: 1}, limit=12)

    assert [(release.owner, release.spans) for release in movements.releases] == [
        (A, (Span(0, 9),)),
        (B, (Span(LAST - 1, LAST),)),
    ]


def test_small_pieces_are_given_whole_and_at_most_one_is_cut() -> None:
    pieces = [Assignment(0, 99, A), Assignment(100, 109, B), Assignment(110, 199, A), Assignment(200, LAST, B)]
    table = SlotTable().with_assigned(pieces, 1)

    movements = plan(table, {A: 0, B: 1}, limit=120)

    assert [release.spans for release in movements.releases] == [(Span(70, 99), Span(110, 199))]


def test_whole_pieces_may_be_all_that_has_to_go() -> None:
    pieces = [Assignment(0, 99, A), Assignment(100, 109, B), Assignment(110, 199, A), Assignment(200, LAST, B)]
    table = SlotTable().with_assigned(pieces, 1)

    movements = plan(table, {A: 0, B: 1}, limit=90)

    assert [release.spans for release in movements.releases] == [(Span(110, 199),)]


def test_nodes_that_keep_what_they_have_neither_give_nor_get() -> None:
    before = balanced({A: 1, B: 1, C: 1})

    movements = plan(before, {A: 1, D: 1}, SLOTS, keeping=(B,))

    assert {part.owner for part in movements.assignments} == {D}
    assert movements.releases == ()
    assert plan(before, {A: 1, B: 1, C: 1, D: 0}, SLOTS, keeping=(C,)) == Movements((), ())


def test_where_nobody_may_have_anything_nothing_moves() -> None:
    table = balanced({A: 1})

    assert plan(table, {A: 0}, SLOTS) == Movements((), ())
    assert plan(table, {}, SLOTS) == Movements((), ())
    assert plan(table, {A: 1}, SLOTS, keeping=(A,)) == Movements((), ())
    assert shares(table, {A: 0, B: 0}) == {A: 0, B: 0}


def test_what_was_cut_apart_grows_together_again() -> None:
    table = balanced({A: 1, B: 1, C: 1})

    without, _ = settled(table, {A: 1, B: 1})
    owners = [part.owner for part in without.ranges]

    assert owners == [A, A, B, B] or len(owners) <= 4


def test_the_order_in_which_weights_are_given_does_not_matter() -> None:
    table = balanced({A: 1, B: 1, C: 1})

    assert plan(table, {A: 2, B: 1, D: 3}, 500) == plan(table, {D: 3, B: 1, A: 2}, 500)


weightings = st.dictionaries(st.integers(1, 12).map(NodeId), st.integers(0, 300), min_size=1)


@given(weightings, weightings, st.integers(64, SLOTS))
def test_any_change_of_weights_moves_exactly_the_surplus(
    old: dict[NodeId, int], new: dict[NodeId, int], limit: int
) -> None:
    before = balanced(old)
    share = shares(before, new)
    living = {node: count for node, count in before.counts.items() if node in new}

    after, released = settled(before, new, max(limit, 200))

    if any(new.values()):
        # Of equal remainders another one may be rounded up on the way than was at its beginning: it has more by then.
        assert after.counts == {node: count for node, count in shares(after, new).items() if count}
        assert all(abs(after.count_of(node) - share[node]) <= 1 for node in share)
        assert released == sum(max(0, count - share[node]) for node, count in living.items())
    else:
        assert after == before


@given(weightings)
def test_shares_are_the_nearest_whole_numbers(weights: dict[NodeId, int]) -> None:
    total = sum(weights.values())

    share = shares(SlotTable(), weights)

    if total:
        assert sum(share.values()) == SLOTS
        assert all(abs(share[node] - SLOTS * weight / total) < 1 for node, weight in weights.items())
        assert all(share[node] == 0 for node, weight in weights.items() if weight == 0)
    else:
        assert not any(share.values())


@given(weightings, st.integers(1, 12).map(NodeId), st.integers(1, 300))
def test_a_join_moves_at_most_the_ideal_share(weights: dict[NodeId, int], node: NodeId, weight: int) -> None:
    old = {other: 1 + value for other, value in weights.items() if other != node} or {NodeId(99): 1}
    before = balanced(old)

    after, released = settled(before, old | {node: weight})

    ideal = SLOTS * weight / (sum(old.values()) + weight)
    assert released <= ideal + SLOTS // 100
    assert after.count_of(NO_NODE) == 0
