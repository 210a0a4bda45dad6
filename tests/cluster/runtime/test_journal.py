"""A node's log lines: one per change, constant texts, facts as fields."""

from dataclasses import replace
from typing import Any

import pytest

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node import View
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.slots import Assignment, SlotTable
from apps.cluster.runtime.journal import Journal

ME, OTHER = NodeId(1), NodeId(2)
BEGINNING = View(ME, "c", Role.FOLLOWER, NO_NODE, 1, 1, 1, SlotTable(), {}, 0, Membership((ME,), ()), {})


def lines(caplog: pytest.LogCaptureFixture, journal: Journal, view: View) -> dict[str, dict[str, Any]]:
    caplog.clear()
    with caplog.at_level("INFO", "apps.cluster"):
        journal.note(view)
    return {record.message: record.__dict__ for record in caplog.records}


def test_each_change_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()

    first = lines(caplog, journal, BEGINNING)
    led = replace(BEGINNING, role=Role.LEADER, leader=ME, term=2)
    leadership = lines(caplog, journal, led)
    grown = replace(led, membership=Membership((ME,), (OTHER,)))
    membership = lines(caplog, journal, grown)
    moved = replace(grown, table=SlotTable().with_assigned([Assignment(0, 16_383, ME)], 5))
    slots = lines(caplog, journal, moved)
    suspected = replace(moved, statuses={OTHER: Status.SUSPECT})
    statuses = lines(caplog, journal, suspected)
    nothing = lines(caplog, journal, replace(suspected, index=9))

    assert list(first) == ["belongs to a cluster"]
    assert first["belongs to a cluster"]["cluster"] == "c"
    assert leadership["leadership changed"]["leader"] == f"{1:016x}"
    assert membership["membership changed"]["learners"] == [f"{2:016x}"]
    assert slots["slots changed"]["slots"] == {f"{1:016x}": 16_384}
    assert statuses["node is seen differently"]["status"] == "suspect"
    assert [len(found) for found in (leadership, membership, slots, statuses, nothing)] == [1, 1, 1, 1, 0]


def test_of_a_movement_in_steps_the_leader_alone_tells_what_each_has_come_to(caplog: pytest.LogCaptureFixture) -> None:
    led = replace(BEGINNING, role=Role.LEADER, leader=ME)
    taken = SlotTable().with_assigned([Assignment(0, 99, ME)], 5)
    given = SlotTable().with_assigned([Assignment(0, 16_383, ME)], 6)
    journal, follower = Journal(), Journal()
    journal.note(led)
    follower.note(replace(led, leader=OTHER))

    on_the_way = lines(caplog, journal, replace(led, table=taken))
    done = lines(caplog, journal, replace(led, table=given))
    elsewhere = lines(caplog, follower, replace(led, leader=OTHER, table=given))

    assert [list(found) for found in (on_the_way, done, elsewhere)] == [[], ["slots changed"], []]
