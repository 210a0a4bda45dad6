import msgspec
import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.identity import Claim, Identity


def test_an_identity_is_read_as_it_was_written() -> None:
    identity = Identity(NodeId(7), 3, "north", "c1", removed=True)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(identity), type=Identity) == identity


def test_a_fresh_node_belongs_nowhere() -> None:
    identity = Identity(NodeId(7), 1, "north")

    assert identity.cluster_id == ""
    assert not identity.removed


def test_the_first_voter_of_a_claim_coordinates_it() -> None:
    assert Claim("c1", (NodeId(2), NodeId(5))).coordinator == 2


def test_what_a_later_program_wrote_is_refused() -> None:
    later = msgspec.msgpack.encode([7, 3, "north", "c1", False, "more"])

    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(later, type=Identity)
