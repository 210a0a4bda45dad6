import msgspec
import pytest

from apps.cluster.core.gossip.messages import (
    DIGEST_BYTES,
    RECORDS_MAX,
    UPDATES_MAX,
    Ack,
    Alive,
    Dead,
    GossipMessage,
    Left,
    Nack,
    Ping,
    PingRequest,
    Rumours,
    Suspect,
    SyncPush,
    SyncReply,
    SyncRequest,
    Update,
    size_of,
)
from apps.cluster.core.gossip.peers import Meta
from apps.cluster.core.ids import NodeId

DECODER = msgspec.msgpack.Decoder(GossipMessage)
A, B = NodeId(1), NodeId((1 << 63) - 1)
ALIVE = Alive(A, ("h1", 8002), 1 << 20, Meta("n1"))
NEWS: tuple[Update, ...] = (ALIVE, Suspect(A, 1, B), Dead(A, 2, B), Left(A, 3))
MESSAGES: list[GossipMessage] = [
    Ping(1, A, False, NEWS),
    PingRequest(2, A, ("h1", 8002), NEWS),
    Ack(3, NEWS),
    Nack(4),
    Rumours(NEWS),
    SyncRequest(5, ALIVE, bytes(DIGEST_BYTES)),
    SyncReply(6, (0, 63), NEWS, True),
    SyncPush(NEWS),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: GossipMessage) -> None:
    assert DECODER.decode(msgspec.msgpack.encode(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Rumours((Left(A, 1),) * (UPDATES_MAX + 1)),
        SyncPush((Left(A, 1),) * (RECORDS_MAX + 1)),
        SyncRequest(1, ALIVE, bytes(DIGEST_BYTES - 1)),
        SyncReply(1, (64,), (), False),
        Ack(1 << 32, ()),
        Rumours((Left(NodeId(0), 1),)),
        Rumours((Left(A, -1),)),
        Rumours((Alive(A, ("h" * 254, 1), 1, Meta("n1")),)),
        Rumours((Alive(A, ("h1", 0), 1, Meta("n1")),)),
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_not_decoded(message: GossipMessage) -> None:
    packed = msgspec.msgpack.encode(message)

    with pytest.raises(msgspec.ValidationError):
        DECODER.decode(packed)


def test_the_size_of_news_is_that_in_a_message() -> None:
    without = len(msgspec.msgpack.encode(Rumours(())))

    assert len(msgspec.msgpack.encode(Rumours(NEWS))) == without + sum(size_of(news) for news in NEWS)
