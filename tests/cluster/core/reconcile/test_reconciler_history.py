"""Any sequence of events on a miniature cluster: never two that serve one slot, and at the end everything in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.cluster.core.ids import NodeId
from apps.cluster.core.slots import SLOTS
from apps.cluster.core.state import Retire, SetDraining
from tests.cluster.core.reconcile.toy import Toy

events = st.lists(
    st.tuples(
        st.sampled_from(["stop", "start", "leave", "drain", "undrain", "retire", "elect", "deaf", "weight"]),
        st.integers(1, 6),
        st.sampled_from([100, 400, 800, 3_000, 12_000]),
    ),
    max_size=14,
)


def happen(toy: Toy, event: str, number: int) -> None:
    node = NodeId(number)
    retiring = [record for record in toy.state.members.values() if record.retiring]
    match event:
        case "stop" | "leave" if node in toy.nodes and node != toy.leader:
            (toy.stop if event == "stop" else toy.leave)(number)
        case "start":
            toy.start(number)
        case "drain" | "undrain":
            toy.ask(SetDraining(node, event == "drain"))
        case "retire" if len(toy.state.members) - len(retiring) > 2:
            toy.ask(Retire(node))
        case "elect" if node in toy.membership.voters and toy.nodes[node].up:
            toy.elect(number)
        case "deaf" if node in toy.nodes:
            toy.nodes[node].confirms = not toy.nodes[node].confirms
        case "weight" if node in toy.nodes:
            toy.say(number, weight=50)


@settings(max_examples=40)
@given(st.sampled_from([1, 3, 5]), events)
def test_whatever_happens_one_node_serves_and_at_the_end_all_is_well(
    founders: int, history: list[tuple[str, int, int]]
) -> None:
    toy = Toy(founders)
    toy.run(1_000)

    for event, number, wait_ms in history:
        happen(toy, event, number)
        toy.run(wait_ms)
    for number in range(1, 7):
        if NodeId(number) in toy.nodes:
            toy.start(number)
            toy.nodes[NodeId(number)].confirms = True
        toy.ask(SetDraining(NodeId(number), False))
    toy.run(60_000)
    toy.log.clear()
    toy.run(5_000)

    assert toy.log == []
    assert toy.served() == SLOTS
    assert set(toy.slots()) == {int(node) for node in toy.state.members}
    assert {*toy.membership.members} == {*toy.state.members}
    assert len(toy.membership.voters) in (1, 3, 5)
