"""The shape of the protocol: one op per struct, defaults left out, unknown client fields refused."""

from types import UnionType
from typing import get_args

import msgspec
import pytest

from apps.wire import frames
from apps.wire.codec import encode


def ops(union: UnionType) -> list[str]:
    return [frame.__struct_config__.tag for frame in get_args(union)]


def test_every_client_op_has_its_name() -> None:
    assert sorted(ops(frames.ClientFrames)) == [
        "heartbeat",
        "list_conversations",
        "read",
        "received",
        "send",
        "sign_in",
        "sync",
    ]


def test_every_server_op_has_its_name() -> None:
    assert sorted(ops(frames.ServerFrames)) == [
        "ack",
        "changed",
        "closing",
        "conversations",
        "cursor",
        "error",
        "event",
        "events",
        "heartbeat",
        "welcome",
    ]


@pytest.mark.parametrize("frame", get_args(frames.ClientFrames), ids=lambda frame: frame.__name__)
def test_client_frames_refuse_unknown_fields(frame: type[msgspec.Struct]) -> None:
    assert frame.__struct_config__.forbid_unknown_fields
    assert frame.__struct_config__.frozen


@pytest.mark.parametrize("frame", get_args(frames.ServerFrames), ids=lambda frame: frame.__name__)
def test_server_frames_leave_room_for_later_fields(frame: type[msgspec.Struct]) -> None:
    assert not frame.__struct_config__.forbid_unknown_fields


def test_defaults_of_server_frames_are_not_sent() -> None:
    assert encode(frames.ErrorFrame("busy", "try again")) == '{"op":"error","code":"busy","message":"try again"}'


def test_the_version_is_in_the_path() -> None:
    assert f"/ws/v{frames.PROTOCOL_VERSION}" == frames.PATH
