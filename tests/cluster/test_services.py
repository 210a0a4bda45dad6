"""The cluster's door: real nodes in this process, asked as other apps ask them."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.cluster import services
from apps.cluster.core.ids import NO_NODE, node_name
from apps.cluster.core.node import View
from apps.cluster.core.state import RemoveMember
from apps.cluster.runtime.asking import AdminRequest, ask_node
from apps.cluster.runtime.clock import monotonic_ms
from apps.cluster.runtime.errors import (
    ClusterRefused,
    ClusterUnavailable,
    LeaseHeld,
    LeaseLost,
    MemberUnknown,
    NotLeader,
)
from apps.cluster.services import Cluster
from tests.cluster.live import RING, Fatal, config, running, settled, until


def seen(node: Cluster) -> View:
    view = node.view
    assert view is not None
    return view


def leader_of(nodes: list[Cluster]) -> Cluster:
    return next(node for node in nodes if seen(node).leader == node.node)


async def test_a_node_alone_serves_everything_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as (node,):
        assert node.owner_of("user.1") == node.node
        assert node.serving_until_ms > monotonic_ms()


async def test_clients_are_sent_to_the_owner_of_their_slot(tmp_path: Path) -> None:
    async with running(tmp_path, 2, public_urls=("ws://n0.test/ws/v1", "ws://n1.test/ws/v1")) as (one, other):
        keys = [f"user.{number}" for number in range(50)]
        homes = {key: one.home_of(key) for key in keys}
        owners = {key: one.owner_of(key) for key in keys}
        entrances = (one.entrances(), other.entrances())

    assert {key for key in keys if homes[key]} == {key for key in keys if owners[key] == other.node}
    assert set(homes.values()) == {"", "ws://n1.test/ws/v1"}
    assert entrances == (("ws://n0.test/ws/v1", "ws://n1.test/ws/v1"), ("ws://n1.test/ws/v1", "ws://n0.test/ws/v1"))


async def test_a_node_without_a_cluster_sends_nobody_anywhere(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "alone", expect=3, public_url="ws://n0.test/ws/v1"), lambda *_: None)
    try:
        assert node.home_of("user.1") == ""
        assert node.entrances() == ()
    finally:
        node.stop()


async def test_leases_are_exclusive_and_their_tokens_grow(tmp_path: Path) -> None:
    async with running(tmp_path, 2) as (one, other):
        lease = await one.acquire("job", 60_000)
        with pytest.raises(LeaseHeld):
            await other.acquire("job", 60_000)
        renewed = await one.renew(lease, 90_000)
        await one.release(lease)
        later = await other.acquire("job", 60_000)
        with pytest.raises(LeaseLost):
            await one.renew(lease, 60_000)
        with pytest.raises(LeaseLost):
            await one.release(lease)

    assert renewed.expires_ms > lease.expires_ms
    assert later.token > lease.token
    assert (lease.holder, later.holder) == (one.node, other.node)


async def test_refusals_have_their_reason(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as (node,):
        with pytest.raises(ClusterRefused) as refused:
            await node.propose(RemoveMember(node.node, for_good=True))
        with pytest.raises(ClusterRefused) as invalid:
            await node.acquire("", 1)

    assert refused.value.fields["reason"] == "owns_slots"
    assert invalid.value.fields["reason"] == "invalid"


async def test_what_was_decided_before_a_read_is_in_its_view(tmp_path: Path) -> None:
    async with running(tmp_path, 2) as (one, other):
        lease = await one.acquire("job", 60_000)

        view = await other.read()

    assert view.index >= lease.token
    assert view.leases == 1


async def test_a_subscriber_in_this_loop_hears_of_views_until_it_does_not_want_to(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as (node,):
        pairs: asyncio.Queue[Any] = asyncio.Queue()
        subscription = node.subscribe(lambda *pair: pairs.put_nowait(pair), asyncio.get_running_loop())
        first_view, until_ms = await pairs.get()
        lease = await node.acquire("job", 60_000)
        while (await pairs.get())[0].index < lease.token:
            continue

        node.unsubscribe(subscription)

    assert first_view.node == node.node
    assert until_ms > 0


async def test_a_view_counts_as_in_force_only_when_the_data_plane_says_so(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "n", confirms=True), lambda *_: None)
    try:
        await until(lambda: node.view is not None and node.view.table.count_of(node.node))
        before = (await node.status())["members"][0]["applied"]
        node.confirm(seen(node).index)
        node.update_load(17)
        status = await node.status()
    finally:
        node.stop()

    assert before < seen(node).index
    assert status["members"][0]["applied"] == seen(node).index
    assert status["members"][0]["load"] == 17


async def test_three_nodes_elect_share_and_drain(tmp_path: Path) -> None:
    async with running(tmp_path, 3) as nodes:
        drained = next(node for node in nodes if node is not leader_of(nodes))

        await drained.drain(drained.name)
        await until(lambda: seen(drained).table.count_of(drained.node) == 0)
        await drained.drain(node_name(drained.node), undo=True)
        await until(lambda: settled(drained, 3))

        ranges = await drained.slots()

    assert {part["owner"] for part in ranges} == {"n0", "n1", "n2"}


async def test_office_is_handed_over_whoever_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path, 3) as nodes:
        first = leader_of(nodes)
        others = [node for node in nodes if node is not first]

        await others[0].transfer(others[1].name)
        second = seen(others[1]).leader
        await others[1].transfer(first.name)
        third = seen(others[1]).leader
        await others[0].transfer(node_name(third))
        with pytest.raises(NotLeader):
            await others[0].lead("n0")

    assert (second, third) == (others[1].node, first.node)


async def test_operators_reach_the_leader_through_any_node(tmp_path: Path) -> None:
    async with running(tmp_path, 3) as nodes:
        first = leader_of(nodes)
        other, third = (node for node in nodes if node is not first)

        status = await asyncio.to_thread(ask_node, other.address, RING, AdminRequest("status"))
        moved = await asyncio.to_thread(ask_node, other.address, RING, AdminRequest("transfer", {"node": third.name}))
        unknown = await asyncio.to_thread(ask_node, other.address, RING, AdminRequest("drain", {"node": "n9"}))
        await until(lambda: seen(other).leader == third.node)

    assert (status.code, status.result["name"], len(status.result["members"])) == ("", other.name, 3)
    assert moved.code == ""
    assert unknown.code == "member_unknown"


async def test_a_removed_node_stops_and_says_so(tmp_path: Path) -> None:
    ends: Fatal = []
    async with running(tmp_path, 2, ends) as nodes:
        leader = leader_of(nodes)
        gone = next(node for node in nodes if node is not leader)

        await leader.remove(gone.name)
        await until(lambda: ends)
        await until(lambda: len(seen(leader).members) == 1)
        gone.stop()
        again: Fatal = []
        Cluster(config(tmp_path, gone.name, expect=0), lambda *end: again.append(end))
        await until(lambda: again)

    assert [code for code, _ in ends + again] == ["removed", "removed"]


async def test_a_node_that_leaves_gives_up_everything_first(tmp_path: Path) -> None:
    ends: Fatal = []
    async with running(tmp_path, 3, ends) as nodes:
        leaver = leader_of(nodes)
        rest = [node for node in nodes if node is not leaver]

        await leaver.leave()
        await leaver.leave()
        await until(lambda: all(seen(node).leader in {rest[0].node, rest[1].node} for node in rest))

        shares = [seen(rest[0]).table.count_of(node.node) for node in nodes]

    assert shares[nodes.index(leaver)] == 0
    assert sum(shares) == 16_384
    assert ends == []


async def test_a_node_without_a_cluster_can_decide_nothing(tmp_path: Path) -> None:
    node = Cluster(config(tmp_path, "n", expect=3), lambda *_: None)
    try:
        with pytest.raises(ClusterUnavailable):
            await node.acquire("job", 1_000)
        with pytest.raises(ClusterUnavailable):
            await node.read()
        with pytest.raises(MemberUnknown):
            await node.transfer(node.name)
        assert (node.view, node.owner_of("job"), await node.slots()) == (None, NO_NODE, [])
        assert node.leader_address() is None
    finally:
        node.stop()


async def test_a_node_that_has_ended_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as (node,):
        node.stop()

        with pytest.raises(ClusterUnavailable) as status:
            await node.status()
        with pytest.raises(ClusterUnavailable) as lease:
            await node.acquire("job", 1_000)

    assert [failure.value.fields["reason"] for failure in (status, lease)] == ["stopped", "stopped"]


async def test_names_that_nobody_or_several_have_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as (node,):
        assert node.find("n0") == node.find(node_name(node.node)) == node.node
        for name in ("n1", "", "f" * 16, "0" * 16):
            with pytest.raises(MemberUnknown):
                node.find(name)


async def test_a_leader_that_cannot_be_asked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, 3) as nodes:
        other = next(node for node in nodes if node is not leader_of(nodes))
        monkeypatch.setattr(other, "leader_address", lambda: ("127.0.0.1", 1))
        with pytest.raises(ClusterUnavailable) as unreachable:
            await other.transfer("n0")
        monkeypatch.setattr(services, "LEAD_WITHIN_S", 0.01)
        monkeypatch.setattr(other, "leader_address", lambda: None)
        with pytest.raises(ClusterUnavailable) as leaderless:
            await other.transfer("n0")

    assert unreachable.value.fields["reason"] == "unreachable"
    assert leaderless.value.fields["reason"] == "no_leader"


async def test_an_office_that_cannot_be_handed_over_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, 2) as nodes:
        leader = leader_of(nodes)
        learner = next(node for node in nodes if node is not leader)
        with pytest.raises(ClusterRefused) as refused:
            await leader.lead(learner.name)
        monkeypatch.setattr(services, "LEAD_WITHIN_S", 0.01)
        monkeypatch.setattr(leader._engine.machine, "transfer", lambda to, now_ms: None)
        with pytest.raises(ClusterUnavailable) as late:
            await leader.lead(learner.name)

    assert refused.value.fields["reason"] == "impossible"
    assert late.value.fields["reason"] == "timeout"


async def test_what_a_failed_disk_says_reaches_whoever_started_the_node(tmp_path: Path) -> None:
    ends: Fatal = []
    async with running(tmp_path, 1, ends) as (node,):
        shutil.rmtree(tmp_path / "n0" / "log")
        with pytest.raises(ClusterUnavailable):
            await node.acquire("job", 1_000)
        await until(lambda: ends)

    assert [code for code, _ in ends] == ["storage"]
    assert "No such file" in ends[0][1]


def test_what_keeps_a_node_from_starting_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "n").write_text("not a folder")

    with pytest.raises(services.CannotStart, match=r"not a folder|exists|directory"):
        services.start(config(tmp_path, "n"), lambda *_: None)

    assert services.current() is None


def test_options_become_a_configuration_and_bad_ones_an_error(tmp_path: Path) -> None:
    options = {"folder": tmp_path, "keys": ["k" * 16], "name": "n", "port": 0}

    told = services.configure(options)

    assert (told.name, told.port, len(told.keys)) == ("n", 0, 1)
    with pytest.raises(services.CannotStart, match="cluster key"):
        services.configure({**options, "keys": ["short"]})


async def test_what_a_node_lacks_to_serve_is_one_word(tmp_path: Path) -> None:
    before = services.lack()
    node = services.start(config(tmp_path, "n", expect=3), lambda *_: None)
    try:
        unformed = services.lack()
    finally:
        node.stop()
    node = services.start(config(tmp_path, "m"), lambda *_: None)
    try:
        await until(lambda: not services.lack())
        view = seen(node)
        node._drive.board.publish(replace(view, leader=NO_NODE), 0)
        leaderless = services.lack()
    finally:
        node.stop()

    assert (before, unformed, leaderless) == ("", "no_cluster", "no_leader")


def test_a_process_is_one_node(tmp_path: Path) -> None:
    told = config(tmp_path, "n")

    node = services.start(told, lambda *_: None)
    try:
        with pytest.raises(RuntimeError, match="a node already"):
            services.start(told, lambda *_: None)
        found = services.current()
    finally:
        node.stop()

    assert found is node
    assert services.current() is None
