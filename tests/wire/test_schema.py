"""The JSON Schemas: current in the repository, valid, and of one mind with the decoder."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import msgspec
import pytest

from apps.wire.bodies import MESSAGE_BODIES, SYSTEM_BODIES
from apps.wire.codec import FrameRefused, decode_client_frame, encode
from apps.wire.frames import ClientFrames, ServerFrames
from apps.wire.schema import build_schema, render_schema
from imsite.env import ROOT
from tests.wire.frames import CLIENT_EXAMPLES, SERVER_EXAMPLES

KEPT = ROOT / "docs" / "wire.schema.json"


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(build_schema() | {"anyOf": [{"$ref": f"#/$defs/{name}"}]})


def test_the_document_in_the_repository_is_current() -> None:
    assert KEPT.read_text(encoding="utf-8") == render_schema(), (
        "run: python -m apps.wire.schema > docs/wire.schema.json"
    )


def test_the_command_prints_the_document() -> None:
    done = subprocess.run([sys.executable, "-m", "apps.wire.schema"], cwd=ROOT, capture_output=True, check=True)

    assert done.stdout.decode() == render_schema()


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema())


@pytest.mark.parametrize("frame", CLIENT_EXAMPLES, ids=lambda frame: type(frame).__name__)
def test_client_frames_satisfy_it(frame: ClientFrames) -> None:
    validator("ClientFrame").validate(json.loads(encode(frame)))


@pytest.mark.parametrize("frame", SERVER_EXAMPLES, ids=lambda frame: type(frame).__name__)
def test_server_frames_satisfy_it(frame: ServerFrames) -> None:
    validator("ServerFrame").validate(json.loads(encode(frame)))


@pytest.mark.parametrize(
    "frame",
    [
        {"op": "unknown"},
        {"op": "heartbeat", "extra": 1},
        {"op": "sync", "conversation": "00000000-0000-0000-0000-000000000001"},
        {"op": "received", "conversation": "00000000-0000-0000-0000-000000000001", "seq": -1},
        {"op": "send", "id": "short", "conversation": "00000000-0000-0000-0000-000000000001", "kind": "t", "body": {}},
    ],
)
def test_it_refuses_what_the_decoder_refuses(frame: dict[str, Any]) -> None:
    with pytest.raises(FrameRefused):
        decode_client_frame(json.dumps(frame))

    assert not validator("ClientFrame").is_valid(frame)


def test_every_kind_of_event_has_its_body() -> None:
    kinds = build_schema()["bodies"]

    assert kinds["client"].keys() == MESSAGE_BODIES.keys()
    assert kinds["server"].keys() == SYSTEM_BODIES.keys()


def test_every_reference_leads_somewhere() -> None:
    schema = build_schema()
    text = json.dumps(schema)

    names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}

    assert names <= schema["$defs"].keys()
    assert msgspec.json.decode(text) == schema
