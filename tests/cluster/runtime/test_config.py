"""What a node is told."""

from pathlib import Path

import pytest

from apps.cluster.core.gossip import NO_VOTE
from apps.cluster.core.ids import NodeId
from tests.cluster.live import config


def test_the_machines_are_told_what_belongs_together(tmp_path: Path) -> None:
    told = config(
        tmp_path, "n", host="127.0.0.1", advertise="node-0", expect=3, data_port=9, weight=5, lease_ms=400
    ).node_config(NodeId(7), 1234)

    assert told.address == ("node-0", 1234)
    assert (told.meta.name, told.meta.data_port, told.meta.weight, told.meta.expect) == ("n", 9, 5, 3)
    assert (told.raft.node, told.expect, told.confirms) == (7, 3, False)
    assert told.reconcile.lease_wait_ms == told.raft.lease_wait_ms < 550


def test_without_another_name_the_address_is_where_it_listens(tmp_path: Path) -> None:
    assert config(tmp_path, "n", host="192.0.2.1").node_config(NodeId(7), 8002).address == ("192.0.2.1", 8002)


def test_what_a_process_does_and_that_it_wants_no_vote_is_told_to_the_others(tmp_path: Path) -> None:
    willing = config(tmp_path, "n", roles=("ws", "http")).node_config(NodeId(7), 8002)
    unwilling = config(tmp_path, "n", roles=("ws",), votes=False).node_config(NodeId(7), 8002)

    assert willing.meta.roles == ("ws", "http")
    assert unwilling.meta.roles == ("ws", NO_VOTE)


def test_times_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lease_ms"):
        config(tmp_path, "n", lease_ms=600).node_config(NodeId(7), 8002)
