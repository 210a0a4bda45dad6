import msgspec
import pytest

from apps.cluster.core.raft import (
    Append,
    AppendReply,
    Forward,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    Membership,
    ProposalRefused,
    RaftMessage,
    ReadReply,
    ReadRequest,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from tests.cluster.core.raft.build import ONE, TWO, entries, snapshot

MESSAGES: list[RaftMessage] = [
    VoteRequest(1, 2, 3, True, False),
    VoteReply(1, True, False, 2, 1),
    Append(3, 1, 1, entries(2, 2, 3), 1),
    AppendReply(3, 4, True, 2, 1),
    Heartbeat(1, 2, 3, 4, 5),
    HeartbeatReply(1, 2, 3),
    InstallSnapshot(1, snapshot(1, 1, 1, 2)),
    TimeoutNow(1),
    Forward(1, b"x"),
    ReadRequest(1, 2),
    ReadReply(1, 2, 3),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_from_the_wire_as_it_was(message: RaftMessage) -> None:
    wire = msgspec.msgpack.encode(message)

    assert msgspec.msgpack.decode(wire, type=RaftMessage) == message


def test_every_kind_of_message_is_tried() -> None:
    assert {type(message) for message in MESSAGES} == set(RaftMessage.__args__)


@pytest.mark.parametrize(
    "wire",
    [
        ["t"],
        ["t", -1],
        ["t", 1, 2],
        ["t", 1 << 63],
        ["t", "1"],
        ["?", 1],
        ["v", 1, 2, 3, 1, 0],
        ["a", 1, 1, 1, [[1]], 1],
    ],
)
def test_anything_else_is_refused(wire: list[object]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(wire), type=RaftMessage)


def test_members_are_voters_and_learners() -> None:
    assert Membership((TWO,), (ONE,)).members == (TWO, ONE)


def test_a_refusal_carries_its_reason() -> None:
    assert ProposalRefused("busy").reason == str(ProposalRefused("busy")) == "busy"
