"""Every small world a leadership can find when it begins: it comes to rest, all slots are served, and who goes is gone.

Worlds of one and two members are complete, those of three and four leave out what fewer have shown. The toy asserts on
the way that no slot is served twice and no step leaves a majority that is dead.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft import Membership
from apps.cluster.core.reconcile import ReconcileConfig
from apps.cluster.core.slots import SLOTS, Assignment, Span
from apps.cluster.core.state import AssignSlots, PutMember, ReleaseSlots, Retire, SetDraining
from tests.cluster.core.reconcile.toy import Toy

IMPATIENT = ReconcileConfig(
    stable_ms=1_000, replace_ms=1_000, formation_ms=500, transfer_ms=500, move_limit=SLOTS, quiet_ms=300
)
WATCH_MS, LOOKS = 1_500, 8
"""A world is looked at so often; it has come right when nothing is wanted any more between two looks."""
PART = SLOTS // 3


class Kind(NamedTuple):
    """`role`: voter, learner, or known to the state alone. `wish`: to drain, to retire, to have no weight, or none."""

    role: str
    up: bool
    wish: str


class Slots(NamedTuple):
    """A third of the slots: whose they are, or nobody's since they were taken from whom (if ever)."""

    owner: int
    taken: bool = False


Table = tuple[Slots, ...]
ROLES = ("voter", "learner", "stranger")
FRESH = Slots(0)
LEADERS = [Kind("voter", True, wish) for wish in ("", "drain", "retire", "weightless")]


def kinds(roles: Sequence[str], wishes: Sequence[str]) -> list[Kind]:
    return [Kind(*kind) for kind in product(roles, (True, False), wishes)]


def build(members: Sequence[Kind], table: Table) -> Toy:
    """Node 1 has just been elected, and has heard nobody yet."""
    toy = Toy(1, IMPATIENT)
    for number, kind in enumerate(members, 1):
        weight = 0 if kind.wish == "weightless" else 100
        node = toy.start(number)
        toy.say(number, weight=weight)
        assert not toy.ask(PutMember(node, f"n{number}", f"10.0.0.{node}", 8002, 0, "", weight, 1))
    give(toy, table)
    for number, kind in enumerate(members, 1):
        wish(toy, NodeId(number), kind)
    by_role = {role: [NodeId(n) for n, kind in enumerate(members, 1) if kind.role == role] for role in ROLES}
    toy.membership = Membership(tuple(by_role["voter"]), tuple(by_role["learner"]))
    toy.elect(1)
    return toy


def give(toy: Toy, table: Table) -> None:
    spans = [Span(0, PART - 1), Span(PART, 2 * PART - 1), Span(2 * PART, SLOTS - 1)]
    known = [(span, part) for span, part in zip(spans, table, strict=True) if part.owner]
    if known:
        owned = tuple(Assignment(span.first, span.last, NodeId(part.owner)) for span, part in known)
        assert not toy.ask(AssignSlots(owned, toy.state.index))
    for span, part in known:
        if part.taken:
            assert not toy.ask(ReleaseSlots((span,), NodeId(part.owner), toy.state.index))


def wish(toy: Toy, node: NodeId, kind: Kind) -> None:
    if kind.wish == "drain":
        assert not toy.ask(SetDraining(node, True))
    if kind.wish == "retire":
        toy.ask(Retire(node))  # Refused to the last one that is to stay.
    if not kind.up:
        toy.stop(int(node))
        toy.bury(int(node))


def faults(members: Sequence[Kind], toy: Toy) -> Iterator[str]:
    """What is not in order after so long."""
    if toy.log:
        yield f"never rests: {toy.log[:2]}"
    if toy.served() != SLOTS:
        yield f"{toy.served()} slots are served"
    if NO_NODE in toy.slots():
        yield "slots have no owner"
    heirs = any(kind.up and not kind.wish for kind in members)
    stayers = any(kind.up and kind.wish != "retire" for kind in members)
    for number, kind in enumerate(members, 1):
        node = NodeId(number)
        if heirs and kind.wish == "drain" and number in toy.slots():
            yield f"{number} keeps slots"
        if stayers and kind.wish == "retire" and (node in toy.state.members or node in toy.membership.members):
            yield f"{number} does not go"


def problems(members: Sequence[Kind], toy: Toy) -> list[str]:
    """Let a world live until all is in order, for a bounded time; return what is not."""
    found = ["never looked at"]
    for _ in range(LOOKS):
        toy.log.clear()
        toy.run(WATCH_MS)
        found = list(faults(members, toy))
        if not found:
            break
    return found


def failing(worlds: Iterator[tuple[tuple[Kind, ...], Table]]) -> list[tuple[tuple[Kind, ...], Table, list[str]]]:
    """Return the worlds that do not come right; those without a living majority cannot, and do not count."""
    built = ((members, table, build(members, table)) for members, table in worlds)
    found = ((members, table, problems(members, toy)) for members, table, toy in built if toy.has_majority())
    return [world for world in found if world[2]]


def test_a_node_alone_serves_whatever_it_was_told() -> None:
    parts = (FRESH, Slots(1), Slots(1, taken=True))

    assert failing(((leader,), table) for leader in LEADERS for table in product(parts, repeat=3)) == []


def test_of_two_the_living_serve_and_who_goes_is_gone() -> None:
    others = kinds(ROLES, ("", "drain", "retire", "weightless"))
    tables = [
        (FRESH, FRESH, FRESH),
        (Slots(1), Slots(1), Slots(1)),
        (Slots(2), Slots(2), Slots(2)),
        (Slots(1), Slots(2), Slots(2, taken=True)),
        (Slots(2, taken=True), Slots(1, taken=True), FRESH),
    ]

    assert failing(((leader, other), table) for leader, other, table in product(LEADERS, others, tables)) == []


def test_of_three_the_living_serve_and_who_goes_is_gone() -> None:
    others = kinds(("voter", "learner"), ("", "drain", "retire"))
    tables = [
        (Slots(1), Slots(2), Slots(3)),
        (Slots(3), Slots(3), Slots(3)),
        (Slots(2, taken=True), Slots(1, taken=True), FRESH),
    ]
    worlds = product(LEADERS[:3], others, others, tables)

    assert failing(((leader, second, third), table) for leader, second, third, table in worlds) == []


def test_of_four_the_living_serve_and_who_goes_is_gone() -> None:
    others = [Kind(role, True, wish) for role, wish in product(("voter", "learner"), ("", "drain", "retire"))]
    table = (Slots(1), Slots(2), Slots(3))

    assert failing(((leader, *rest), table) for leader, *rest in product(LEADERS[:3], others, others, others)) == []
