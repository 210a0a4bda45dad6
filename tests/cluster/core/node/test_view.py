import dataclasses

import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.node.view import View
from apps.cluster.core.raft import Membership, Role
from apps.cluster.core.slots import SlotTable


def test_a_view_cannot_be_changed_by_whoever_holds_it() -> None:
    view = View(
        node=NodeId(1),
        cluster_id="c1",
        role=Role.FOLLOWER,
        leader=NO_NODE,
        term=1,
        index=1,
        version=1,
        table=SlotTable(),
        members={},
        leases=0,
        membership=Membership((NodeId(1),), ()),
        statuses={},
    )

    with pytest.raises(dataclasses.FrozenInstanceError):
        view.index = 2  # type: ignore[misc]
