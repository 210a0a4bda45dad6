"""Frames: their ops, what is refused in them, and what older and newer peers can rely on."""

from uuid import UUID

import msgspec
import pytest

from apps.wire import frames
from apps.wire.codec import encode
from apps.wire.frames import ClientFrames, ServerFrames
from tests.wire.frames import CLIENT_EXAMPLES, MESSAGE_ID, ROOM, SERVER_EXAMPLES


def op_of(frame: ClientFrames | ServerFrames) -> str:
    return str(msgspec.json.decode(encode(frame))["op"])


def test_every_frame_has_an_example_and_the_op_of_its_name() -> None:
    client, server = [op_of(frame) for frame in CLIENT_EXAMPLES], [op_of(frame) for frame in SERVER_EXAMPLES]

    assert client == ["sign_in", "heartbeat", "send", "received", "read", "sync", "list_conversations"]
    assert server == [
        "welcome",
        "heartbeat",
        "ack",
        "event",
        "events",
        "conversations",
        "cursor",
        "changed",
        "closing",
        "error",
    ]
    assert {type(frame) for frame in CLIENT_EXAMPLES} == set(ClientFrames.__args__)
    assert {type(frame) for frame in SERVER_EXAMPLES} == set(ServerFrames.__args__)


@pytest.mark.parametrize("frame", [*CLIENT_EXAMPLES, *SERVER_EXAMPLES], ids=op_of)
def test_a_frame_can_not_be_changed(frame: ClientFrames | ServerFrames) -> None:
    names = frame.__struct_fields__ or ("anything",)

    with pytest.raises(AttributeError):
        setattr(frame, names[0], None)


@pytest.mark.parametrize(
    ("frame", "field", "value"),
    [
        ("sign_in", "platform", "toaster"),
        ("sign_in", "terminal", "not-a-uuid"),
        ("sign_in", "token", ""),
        ("sign_in", "token", "x" * 4097),
        ("sign_in", "since", -1),
        ("sign_in", "name", "x" * 65),
        ("sign_in", "redirect", 1),
        ("send", "id", "A" * 63),
        ("send", "id", "A" * 63 + "="),
        ("send", "kind", "x" * 33),
        ("received", "seq", -1),
        ("read", "seq", 1 << 63),
        ("read", "seq", "5"),
        ("sync", "limit", 0),
        ("sync", "limit", frames.MAX_SYNC_EVENTS + 1),
        ("sync", "ref", "x" * 65),
        ("list_conversations", "limit", frames.MAX_LISTED_CONVERSATIONS + 1),
        ("list_conversations", "cursor", "x" * 129),
        ("heartbeat", "extra", 1),
    ],
)
def test_values_out_of_bounds_are_refused(frame: str, field: str, value: object) -> None:
    example = next(example for example in CLIENT_EXAMPLES if op_of(example) == frame)
    fields = msgspec.json.decode(encode(example)) | {field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(fields), type=ClientFrames)


def test_a_client_ignores_fields_of_a_later_server() -> None:
    fields = msgspec.json.decode(encode(frames.Changed(ROOM, 5))) | {"colour": "red"}

    assert msgspec.json.decode(msgspec.json.encode(fields), type=ServerFrames) == frames.Changed(ROOM, 5)


def test_defaults_are_left_out_of_what_the_server_sends() -> None:
    assert encode(frames.ErrorFrame("busy", "wait")) == '{"op":"error","code":"busy","message":"wait"}'
    assert encode(frames.Ack(MESSAGE_ID, ROOM, 5, 1)).count("ref") == 0


@pytest.mark.parametrize("frame", ClientFrames.__args__, ids=lambda frame: frame.__name__)
def test_client_frames_refuse_unknown_fields(frame: type[msgspec.Struct]) -> None:
    assert frame.__struct_config__.forbid_unknown_fields
    assert frame.__struct_config__.frozen


@pytest.mark.parametrize("frame", ServerFrames.__args__, ids=lambda frame: frame.__name__)
def test_server_frames_leave_room_for_later_fields(frame: type[msgspec.Struct]) -> None:
    assert not frame.__struct_config__.forbid_unknown_fields


def test_the_version_is_in_the_path() -> None:
    assert f"/ws/v{frames.PROTOCOL_VERSION}" == frames.PATH


def test_a_client_does_not_name_what_an_earlier_server_would_refuse() -> None:
    sign_in = frames.SignIn(token="t", terminal=UUID(int=3), platform="web")

    assert "redirect" not in msgspec.json.decode(encode(sign_in))
    assert msgspec.json.decode(encode(msgspec.structs.replace(sign_in, redirect=True)))["redirect"] is True
