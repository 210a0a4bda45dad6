"""What operators are told of a node."""

from pathlib import Path

import pytest

from apps.cluster.runtime.report import counters, report, slot_ranges
from apps.cluster.services import Cluster
from tests.cluster.live import config, running, until

KEYS = {"name", "node", "cluster", "leader", "term", "index", "serving", "members", "leases", "tick_lag_ms", "counters"}
MEMBER_KEYS = {"name", "node", "role", "status", "address", "slots", "draining", "applied", "version"}


async def test_a_leader_tells_everything_of_its_cluster(tmp_path: Path) -> None:
    async with running(tmp_path, 2) as nodes:
        leader = next(node for node in nodes if node.view is not None and node.view.leader == node.node)

        facts = report(leader._engine)

    by_name = {member["name"]: member for member in facts["members"]}
    assert set(facts) >= KEYS
    assert (facts["leader"], facts["role"], facts["serving"]) == (leader.name, "leader", True)
    assert facts["unassigned_slots"] == 0
    assert set(by_name) == {"n0", "n1"}
    assert all(set(member) >= MEMBER_KEYS for member in facts["members"])
    assert sum(member["slots"] for member in facts["members"]) == 16_384
    assert all(member["applied"] >= 1 and member["status"] == "alive" for member in facts["members"])


async def test_slots_are_told_by_the_names_of_their_owners(tmp_path: Path) -> None:
    async with running(tmp_path, 2) as nodes:
        view = nodes[0].view
        assert view is not None
        ranges = slot_ranges(view)

    assert {part["owner"] for part in ranges} == {"n0", "n1"}
    assert sum(part["last"] - part["first"] + 1 for part in ranges) == 16_384


async def test_a_node_without_a_cluster_tells_whom_it_sees(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "alone", expect=3), lambda *_: None)
    try:
        facts = report(node._engine)
        counted = counters(node._engine)
    finally:
        node.stop()

    assert set(facts) >= KEYS
    assert (facts["cluster"], facts["role"], facts["serving"], facts["leader"]) == ("", "unformed", False, "")
    assert [(member["name"], set(member) >= MEMBER_KEYS) for member in facts["members"]] == [("alone", True)]
    assert counted == {}


async def test_a_node_tells_what_it_does_and_that_it_wants_no_vote(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "n", roles=("ws", "jobs"), votes=False), lambda *_: None)
    other = Cluster(config(tmp_path, "o", expect=3), lambda *_: None)
    try:
        await until(lambda: node.view is not None and node.view.members)
        [told], [told_by_default] = report(node._engine)["members"], report(other._engine)["members"]
    finally:
        node.stop()
        other.stop()

    assert (told["roles"], told["may_vote"]) == (["ws", "jobs"], False)
    assert (told_by_default["roles"], told_by_default["may_vote"]) == ([], True)


async def test_a_copy_of_a_node_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Cluster(config(tmp_path, "n"), lambda *_: None)
    try:
        before = report(node._engine)["double"]
        monkeypatch.setattr(type(node._engine.machine.gossip), "conflict", ("192.0.2.1", 8002))
        after = report(node._engine)["double"]
    finally:
        node.stop()

    assert (before, after) == ("", "192.0.2.1:8002")


async def test_what_is_counted_says_where(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "n"), lambda *_: None)
    try:
        await until(lambda: node.serving_until_ms)
        node._engine.packets.datagram_received(b"", ("192.0.2.1", 1))
        counted = counters(node._engine)
    finally:
        node.stop()

    assert counted == {"udp_rejected_malformed": 1}
