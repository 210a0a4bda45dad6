"""What happens to the cluster while people talk, one function each. The traffic around it checks every promise.

A scenario leaves the cluster as it found it: all founders run, all links are whole.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.resilience.cluster.outcast import Outcast
from tests.resilience.cluster.site import ClusterSite
from tests.resilience.traffic import Traffic

Scenario = Callable[[ClusterSite, Traffic], Awaitable[None]]
SETTLE_TIMEOUT_S = 30.0


async def kill_the_leader(site: ClusterSite, traffic: Traffic) -> None:
    """SIGKILL for the node that leads; the others elect another and take its slots."""
    leader = await leader_of(site, by=1)

    site.kill(leader)
    await traffic.more_acks(40)
    after = await settled(site, by=other_than(site, leader), without={leader})

    assert after["leader"] != name_of(leader)
    site.start(leader)
    await site.ready(leader)


async def kill_a_follower(site: ClusterSite, traffic: Traffic) -> None:
    """SIGKILL for an owner of slots that does not lead."""
    leader = await leader_of(site, by=1)
    victim = other_than(site, leader)

    site.kill(victim)
    await traffic.more_acks(40)
    await settled(site, by=leader, without={victim})

    site.start(victim)
    await site.ready(victim)


async def freeze_the_leader(site: ClusterSite, traffic: Traffic) -> None:
    """SIGSTOP for longer than a lease, then SIGCONT: it must not go on as the leader or owner it was."""
    leader = await leader_of(site, by=1)

    site.freeze(leader)
    await traffic.more_acks(30)
    await settled(site, by=other_than(site, leader), without={leader})
    site.thaw(leader)

    await agreed(site)


async def cut_off_the_leader(site: ClusterSite, traffic: Traffic) -> None:
    """A full partition: a minority of one leads and owns nothing, the majority goes on."""
    leader = await leader_of(site, by=1)
    others = set(founders(site)) - {leader}

    site.network.separate({leader}, others)
    await settled(site, by=min(others), without={leader})
    await traffic.more_acks(20)
    minority = await site.status(by=leader)
    site.network.heal()

    assert not minority["serving"], "a minority serves slots"
    await agreed(site)


async def shut_somebody_out_behind_a_cut(site: ClusterSite, traffic: Traffic) -> None:
    """A user is deactivated while the node of her session cannot be told: it knows of the gap, and asks by itself."""
    leader = await leader_of(site, by=1)
    cut_off = other_than(site, leader)
    others = set(founders(site)) - {cut_off}
    outcast = Outcast(site, "outcast")
    await outcast.come_in(cut_off)

    site.network.separate({cut_off}, others)
    await settled(site, by=leader, without={cut_off})
    await outcast.shut_out(by=leader)
    await outcast.is_out()
    site.network.heal()

    await agreed(site)


async def lose_one_direction(site: ClusterSite, traffic: Traffic) -> None:
    """The leader hears the others, but nothing of what it says arrives."""
    leader = await leader_of(site, by=1)
    others = set(founders(site)) - {leader}

    for other in others:
        site.network.cut(leader, other)
    await settled(site, by=min(others), without={leader})
    await traffic.more_acks(20)
    site.network.heal()

    await agreed(site)


async def leave_one_bridge(site: ClusterSite, traffic: Traffic) -> None:
    """Two nodes cannot reach each other, a third reaches both: somebody leads, and it stays so."""
    leader = await leader_of(site, by=1)
    first, second = leader, other_than(site, leader)
    bridge = next(host for host in founders(site) if host not in {first, second})

    site.network.separate({first}, {second})
    await traffic.more_acks(40)
    await has_leader(site, by=bridge)
    site.network.heal()

    await agreed(site)


async def restart_one_after_the_other(site: ClusterSite, traffic: Traffic) -> None:
    """A rolling upgrade: every node is asked to stop, and started again, under traffic."""
    for host in founders(site):
        code = await site.terminate(host)
        assert code == 0, site.log_tail(host)
        await traffic.more_acks(15)
        site.start(host)
        await site.ready(host)

    await agreed(site)


async def join_under_load(site: ClusterSite, traffic: Traffic) -> None:
    """A fresh node becomes a member and gets its share of the slots; then it is drained and removed."""
    fresh = site.founders + 1
    site.start(fresh)
    await site.ready(fresh)
    await until(site, by=1, what="the new node has its share", holds=lambda status: slots_of(status, fresh) > 1000)
    await traffic.more_acks(20)

    await site.cluster("drain", name_of(fresh), by=1)
    await until(site, by=1, what="the node is drained", holds=lambda status: slots_of(status, fresh) == 0)
    await site.cluster("remove", name_of(fresh), by=1)
    code = await site.exit_code(fresh, within_s=30)

    assert code != 0, "a removed node must not look as if it had been asked to stop"
    assert "removed" in site.log_tail(fresh)


async def jump_the_clock(site: ClusterSite, traffic: Traffic) -> None:
    """The leader's wall clock jumps ahead and back: nobody loses an office or a slot over it."""
    leader = await leader_of(site, by=1)
    before = await site.status(by=leader)

    site.skew_clock(leader, 600)
    await traffic.more_acks(20)
    site.skew_clock(leader, -600)
    await traffic.more_acks(20)
    site.skew_clock(leader, 0)
    after = await site.status(by=leader)

    assert (after["leader"], after["term"]) == (before["leader"], before["term"])


async def fill_the_disk(site: ClusterSite, traffic: Traffic) -> None:
    """A node that cannot write its log stops with a word; the others go on, and it comes back when there is room."""
    full = site.founders
    site.fill_disk(full)
    for host in founders(site):
        if host != full:
            # A change of the replicated state that every member has to write down.
            await site.cluster("drain", name_of(host), by=1)
            await site.cluster("drain", name_of(host), "--undo", by=1)
    code = await site.exit_code(full, within_s=30)
    log = site.log_tail(full)
    await traffic.more_acks(20)
    site.empty_disk(full)
    site.start(full)
    await site.ready(full)

    assert code != 0
    assert "No space left" in log
    await agreed(site)


async def lose_two_of_five(site: ClusterSite, traffic: Traffic) -> None:
    """Five voters go on without two of them, the leader among the dead."""
    leader = await leader_of(site, by=1)
    second = other_than(site, leader)
    survivor = next(host for host in founders(site) if host not in {leader, second})

    site.kill(leader)
    site.kill(second)
    await settled(site, by=survivor, without={leader, second})
    await traffic.more_acks(40)

    for host in (leader, second):
        site.start(host)
    await site.ready(leader, second)
    await agreed(site)


THREE: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        kill_the_leader,
        kill_a_follower,
        freeze_the_leader,
        cut_off_the_leader,
        shut_somebody_out_behind_a_cut,
        lose_one_direction,
        leave_one_bridge,
        restart_one_after_the_other,
        join_under_load,
        jump_the_clock,
        fill_the_disk,
    )
}
FIVE: dict[str, Scenario] = {lose_two_of_five.__name__: lose_two_of_five}


def name_of(host: int) -> str:
    return f"host{host}"


def host_of(name: str) -> int:
    return int(name.removeprefix("host"))


def founders(site: ClusterSite) -> list[int]:
    return list(range(1, site.founders + 1))


def other_than(site: ClusterSite, host: int) -> int:
    return next(other for other in founders(site) if other != host)


async def leader_of(site: ClusterSite, *, by: int) -> int:
    return host_of((await has_leader(site, by=by))["leader"])


async def has_leader(site: ClusterSite, *, by: int) -> Any:
    return await until(site, by=by, what="there is a leader", holds=lambda status: bool(status["leader"]))


async def settled(site: ClusterSite, *, by: int, without: set[int]) -> Any:
    """Wait until the nodes that are left have a leader among them and own every slot, and return the status."""

    def holds(status: Any) -> bool:
        owners = {host_of(member["name"]): member["slots"] for member in status["members"]}
        gone = sum(owners.get(host, 0) for host in without)
        is_led = bool(status["leader"]) and host_of(status["leader"]) not in without
        return is_led and gone == 0 and sum(owners.values()) == 16384

    return await until(site, by=by, what=f"others than {without} lead and own every slot", holds=holds)


async def agreed(site: ClusterSite) -> None:
    """Wait until all founders run, say the same leader, and every slot has an owner."""

    async def statuses() -> list[Any]:
        return await asyncio.gather(*(site.status(by=host) for host in founders(site)))

    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        seen = await statuses()
        if len({status["leader"] for status in seen}) == 1 and all(
            status["leader"] and status["serving"] for status in seen if slots_of(status, host_of(status["name"]))
        ):
            return
        assert time.monotonic() < deadline, f"the nodes do not agree: {seen}"
        await asyncio.sleep(0.1)


async def until(site: ClusterSite, *, by: int, what: str, holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        status = await site.status(by=by)
        if holds(status):
            return status
        assert time.monotonic() < deadline, f"not within {SETTLE_TIMEOUT_S} s: {what}; status: {status}"
        await asyncio.sleep(0.1)


def slots_of(status: Any, host: int) -> int:
    return next((int(member["slots"]) for member in status["members"] if member["name"] == name_of(host)), 0)
