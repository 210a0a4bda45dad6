"""A seat says who a node is in the data plane; the real control plane fits into it."""

import dataclasses
import inspect

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.layer.seats import ClusterNode, Seat
from apps.cluster.services import Cluster
from tests.cluster.layer.fixed import KEYS, FixedNode

METHODS = ["subscribe", "unsubscribe", "confirm"]


def test_a_seat_is_on_this_machine_only_unless_it_is_told_otherwise() -> None:
    seat = Seat(FixedNode(NodeId(1)), KEYS)

    assert (seat.host, seat.port) == ("127.0.0.1", 0)
    assert (seat.config, seat.rng) == (None, None)


def test_a_seat_cannot_be_changed() -> None:
    seat = Seat(FixedNode(NodeId(1)), KEYS)

    with pytest.raises(dataclasses.FrozenInstanceError):
        seat.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("method", METHODS)
def test_the_running_node_of_a_process_can_be_asked_the_same_way(method: str) -> None:
    asked = inspect.signature(getattr(ClusterNode, method)).parameters
    answers = inspect.signature(getattr(Cluster, method)).parameters

    assert list(answers) == list(asked)


@pytest.mark.parametrize("kind", [Cluster, FixedNode])
def test_a_control_plane_fits_into_a_seat(kind: type[Cluster] | type[FixedNode]) -> None:
    assert all(callable(getattr(kind, method)) for method in METHODS)
