"""Who should own how many slots, and the fewest movements that get there.

Only counts matter, not which slots: so exactly the surplus of those who have too many moves, never more. The planner
is a function of what it is given; when to follow it, and what must be waited for, is the reconciler's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots.keys import SLOTS
from apps.cluster.core.slots.table import Assignment, SlotTable, Span


@dataclass(frozen=True, slots=True)
class Release:
    """Slots that one owner should give up."""

    owner: NodeId
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Movements:
    """`assignments` give away every slot whose owner is gone; `releases` take from those who have too many."""

    releases: tuple[Release, ...]
    assignments: tuple[Assignment, ...]


def shares(table: SlotTable, weights: Mapping[NodeId, int], slots: int = SLOTS) -> dict[NodeId, int]:
    """Divide `slots` by weight, with the largest remainders rounded up.

    Of equal remainders those are rounded up whose owners have more slots already, so that nothing moves for a tie.
    Without any weight nobody has a share.
    """
    total = sum(weights.values())
    if total == 0:
        return dict.fromkeys(sorted(weights), 0)
    share = {node: slots * weights[node] // total for node in sorted(weights)}
    by_remainder = sorted(share, key=lambda node: (-(slots * weights[node] % total), -table.count_of(node), node))
    for node in by_remainder[: slots - sum(share.values())]:
        share[node] += 1
    return share


def plan(table: SlotTable, weights: Mapping[NodeId, int], limit: int, keeping: Collection[NodeId] = ()) -> Movements:
    """Plan towards the shares by weight; a weight of 0 empties a node, as far as others have a weight.

    Nodes in `keeping` neither give nor get. Owners named nowhere are gone: their slots get a new owner at once, like
    those without any. Of the living, at most `limit` slots are released, less those that already wait for an owner.
    """
    held = {node: table.count_of(node) for node in sorted(keeping)}
    active = {node: weights[node] for node in sorted(weights) if node not in held}
    share = shares(table, active, SLOTS - sum(held.values()))
    if not any(share.values()):
        return Movements((), ())
    staying = held.keys() | active.keys()
    free = _joined(part.span for part in table.ranges if part.owner not in staying)
    allowance = max(0, limit - table.count_of(NO_NODE))
    lacking = {node: share[node] - table.count_of(node) for node in active}
    return Movements(_releases(table, share, allowance), _assignments(table, free, lacking))


def _releases(table: SlotTable, share: Mapping[NodeId, int], allowance: int) -> tuple[Release, ...]:
    """Take what is too much: first from nodes that are to be emptied, then from those with the largest surplus."""
    surplus = {node: table.count_of(node) - share[node] for node in share if table.count_of(node) > share[node]}
    releases = []
    for node in sorted(surplus, key=lambda node: (share[node] > 0, -surplus[node], node)):
        taken = min(surplus[node], allowance)
        if taken:
            releases.append(Release(node, _smallest(_joined(p.span for p in table.ranges_of(node)), taken)))
            allowance -= taken
    return tuple(releases)


def _smallest(spans: Iterable[Span], count: int) -> tuple[Span, ...]:
    """Choose `count` slots: whole spans, short ones first, and at most one cut, so that ranges stay few."""
    chosen = []
    for span in sorted(spans, key=lambda span: (span.count, span.first)):
        if count == 0:
            break
        taken = min(span.count, count)
        chosen.append(Span(span.last - taken + 1, span.last))
        count -= taken
    return tuple(sorted(chosen))


def _assignments(table: SlotTable, free: Iterable[Span], lacking: dict[NodeId, int]) -> tuple[Assignment, ...]:
    """Give each free span to whoever owns what is beside it, else to whoever lacks most; cut only where that ends."""
    assignments: list[Assignment] = []
    for span in free:
        first = span.first
        while first <= span.last:
            beside = (assignments[-1].owner if assignments and assignments[-1].last == first - 1 else NO_NODE,)
            node = _receiver(lacking, beside + _neighbours(table, first, span.last))
            taken = min(lacking[node], span.last - first + 1)
            assignments.append(Assignment(first, first + taken - 1, node))
            lacking[node] -= taken
            first += taken
    return tuple(assignments)


def _neighbours(table: SlotTable, first: int, last: int) -> tuple[NodeId, ...]:
    before = table.owner(first - 1) if first > 0 else NO_NODE
    after = table.owner(last + 1) if last + 1 < SLOTS else NO_NODE
    return before, after


def _receiver(lacking: Mapping[NodeId, int], beside: Iterable[NodeId]) -> NodeId:
    for node in beside:
        if lacking.get(node, 0) > 0:
            return node
    node = min(lacking, key=lambda node: (-lacking[node], node))
    assert lacking[node] > 0, "what nobody owns is what the others lack"
    return node


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join neighbouring spans."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].last + 1 == span.first:
            joined[-1] = Span(joined[-1].first, span.last)
        else:
            joined.append(span)
    return joined
