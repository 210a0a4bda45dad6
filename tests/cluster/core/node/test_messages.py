import msgspec
import pytest

from apps.cluster.core.gossip import Nack
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.node.messages import (
    ClaimReply,
    ClaimRequest,
    ClaimWithdrawn,
    ControlMessage,
    GossipEnvelope,
    RaftEnvelope,
)
from apps.cluster.core.raft import HeartbeatReply

DECODER = msgspec.msgpack.Decoder(ControlMessage)
MESSAGES: list[ControlMessage] = [
    RaftEnvelope("c1", HeartbeatReply(3, 4, 5)),
    GossipEnvelope(("10.0.0.1", 8002), Nack(7)),
    ClaimRequest(Claim("c1", (NodeId(1), NodeId(2)))),
    ClaimReply("c1", True),
    ClaimWithdrawn("c1"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: ControlMessage) -> None:
    assert DECODER.decode(msgspec.msgpack.encode(message)) == message


@pytest.mark.parametrize(
    "forged",
    [
        ["x", "c1"],
        ["cw"],
        ["cw", "c1", "more"],
        ["cw", "c" * 65],
        ["cq", ["c1", []]],
        ["cq", ["c1", [0, 1]]],
        ["cq", ["c1", list(range(1, 1_002))]],
        ["g", ["host", 70_000], ["n", 7]],
        ["r", "c1", ["unknown", 1]],
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(forged: list[object]) -> None:
    with pytest.raises(msgspec.DecodeError):
        DECODER.decode(msgspec.msgpack.encode(forged))
