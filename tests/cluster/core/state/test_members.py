"""Records of members travel in snapshots: what is written is what is read."""

import msgspec
import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state.members import MemberRecord, Removal

RECORD = MemberRecord(NodeId(7), "one", "10.0.0.1", 8002, 8003, "wss://one", 100, 1, False, True, 55)


def test_a_record_is_read_as_it_was_written() -> None:
    data = msgspec.msgpack.encode(RECORD)

    assert msgspec.msgpack.decode(data, type=MemberRecord) == RECORD
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Removal(NodeId(7), 9)), type=Removal) == Removal(NodeId(7), 9)


def test_a_record_with_something_unknown_is_refused() -> None:
    data = msgspec.msgpack.encode([*msgspec.structs.astuple(RECORD), "more"])

    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(data, type=MemberRecord)


def test_a_record_is_replaced_never_changed() -> None:
    with pytest.raises(AttributeError):
        RECORD.draining = True  # type: ignore[misc]
