"""Clients are sent only where going helps, and know other nodes than theirs."""

from dataclasses import replace

import msgspec
import pytest

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import View
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.slots import SLOTS, SlotRange, SlotTable
from apps.cluster.core.state import MemberRecord
from apps.cluster.runtime.entrances import entrances, home_of

ONE, TWO, THREE = NodeId(1), NodeId(2), NodeId(3)
NODES = (ONE, TWO, THREE)


def url(node: NodeId) -> str:
    return f"wss://n{node}.test:8001/ws/v1"


def record(node: NodeId) -> MemberRecord:
    return MemberRecord(node, f"n{node}", "192.0.2.1", 8002, 8003, url(node), 100, 1, False, False, 0)


def view(*, node: NodeId = ONE, owner: NodeId = TWO) -> View:
    return View(
        node=node,
        cluster_id="c",
        role=Role.FOLLOWER,
        leader=ONE,
        term=1,
        index=9,
        version=1,
        table=SlotTable([SlotRange(0, SLOTS - 1, owner, 5, NO_NODE)]),
        members={each: record(each) for each in NODES},
        leases=0,
        membership=Membership(NODES, ()),
        statuses=dict.fromkeys(NODES, Status.ALIVE),
    )


def with_member(seen: View, node: NodeId, **changes: object) -> View:
    changed = msgspec.structs.replace(seen.members[node], **changes)
    return replace(seen, members={**seen.members, node: changed})


def test_the_owner_of_the_slot_is_home() -> None:
    assert home_of(view(owner=TWO), "user.x") == url(TWO)


@pytest.mark.parametrize("owner", [ONE, NO_NODE, NodeId(9)], ids=["this node", "nobody", "a stranger"])
def test_there_is_no_other_home_when_the_slot_belongs_to(owner: NodeId) -> None:
    assert home_of(view(owner=owner), "user.x") == ""


@pytest.mark.parametrize("status", [Status.SUSPECT, Status.DEAD, Status.LEFT])
def test_nobody_is_sent_to_a_node_that_may_be_gone(status: Status) -> None:
    seen = view(owner=TWO)
    seen = replace(seen, statuses={**seen.statuses, TWO: status})

    assert home_of(seen, "user.x") == ""
    assert entrances(seen) == (url(ONE), url(THREE))


@pytest.mark.parametrize("changes", [{"draining": True}, {"retiring": True}, {"public_url": ""}], ids=str)
def test_nobody_is_sent_to_a_node_that_is_emptied_or_has_no_address(changes: dict[str, object]) -> None:
    seen = with_member(view(owner=TWO), TWO, **changes)

    assert home_of(seen, "user.x") == ""
    assert entrances(seen) == (url(ONE), url(THREE))


@pytest.mark.parametrize("here", ["", url(TWO)], ids=["no address of its own", "one address for all"])
def test_nobody_is_sent_around_behind_a_proxy(here: str) -> None:
    seen = with_member(view(owner=TWO), ONE, public_url=here)

    assert home_of(seen, "user.x") == ""


@pytest.mark.parametrize(
    "address",
    ["http://n2.test/ws/v1", "wss://n2.test/ws/v1; script-src *", "wss://n2.test/ws\n", "wss://a@n2.test/", "wss://"],
)
def test_what_is_no_plain_websocket_address_is_not_handed_on(address: str) -> None:
    seen = with_member(view(owner=TWO), TWO, public_url=address)

    assert home_of(seen, "user.x") == ""
    assert entrances(seen) == (url(ONE), url(THREE))


@pytest.mark.parametrize("address", ["ws://[::1]:8001/ws/v1", "wss://n2.test", "ws://192.0.2.1:80/a%20b/~c-d_e.f"])
def test_plain_addresses_are_handed_on(address: str) -> None:
    assert home_of(with_member(view(owner=TWO), TWO, public_url=address), "user.x") == address


@pytest.mark.parametrize(
    ("node", "order"), [(ONE, (ONE, TWO, THREE)), (TWO, (TWO, THREE, ONE)), (THREE, (THREE, ONE, TWO))]
)
def test_each_node_names_itself_first_and_another_one_second(node: NodeId, order: tuple[NodeId, ...]) -> None:
    assert entrances(view(node=node)) == tuple(url(each) for each in order)


def test_one_address_for_all_is_named_once() -> None:
    seen = view()
    for node in NODES:
        seen = with_member(seen, node, public_url="wss://chat.test/ws/v1")

    assert entrances(seen) == ("wss://chat.test/ws/v1",)


def test_a_node_that_is_emptied_still_serves_whoever_comes() -> None:
    seen = with_member(view(owner=TWO), ONE, draining=True)

    assert home_of(seen, "user.x") == url(TWO)
    assert entrances(seen)[0] == url(ONE)
