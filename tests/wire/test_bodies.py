"""Bodies of every kind: what fits gets one canonical encoding, everything else a clear refusal."""

import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.wire.bodies import (
    MAX_BODY_BYTES,
    MAX_TEXT_CHARS,
    MESSAGE_BODIES,
    SYSTEM_BODIES,
    ConversationRenamed,
    InvalidBody,
    MembersAdded,
    canonical_body,
    system_body,
)

VALID: dict[str, dict[str, Any]] = {
    "text": {"text": "你好 👋"},
    "image": {"file": "f1", "mime": "image/png", "size_bytes": 10, "width": 4, "height": 3},
    "audio": {"file": "f1", "mime": "audio/ogg", "size_bytes": 10, "duration_ms": 1200},
    "video": {"file": "f", "mime": "video/mp4", "size_bytes": 9, "duration_ms": 1, "width": 4, "height": 3},
    "file": {"file": "f1", "name": "report.pdf", "mime": "application/pdf", "size_bytes": 0},
    "location": {"latitude": 39.9, "longitude": 116.4, "name": "天安门"},
    "custom": {"type": "vendor.card", "data": {"a": [1, None, {"b": "c"}]}},
}
INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("text", {"text": ""}, "text"),
    ("text", {"text": "x" * (MAX_TEXT_CHARS + 1)}, "text"),
    ("text", {}, "text"),
    ("text", {"text": "x", "html": "<b>"}, "html"),
    ("text", {"text": "x", "mentions": ["nobody"]}, "mentions"),
    ("image", {**VALID["image"], "width": 0}, "width"),
    ("image", {**VALID["image"], "mime": "not a mime"}, "mime"),
    ("audio", {**VALID["audio"], "duration_ms": -1}, "duration_ms"),
    ("video", {**VALID["video"], "height": 1 << 20}, "height"),
    ("file", {**VALID["file"], "name": ""}, "name"),
    ("location", {"latitude": 91, "longitude": 0}, "latitude"),
    ("custom", {"type": "No Spaces", "data": {}}, "type"),
    ("custom", {"type": "a", "data": []}, "data"),
]


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("kind", MESSAGE_BODIES)
def test_every_kind_takes_a_body_that_fits(kind: str) -> None:
    canonical = canonical_body(kind, encoded(VALID[kind]))

    assert json.loads(canonical) == VALID[kind]


@pytest.mark.parametrize("kind", MESSAGE_BODIES)
def test_the_encoding_does_not_depend_on_order_or_white_space(kind: str) -> None:
    shuffled = json.dumps(dict(reversed(VALID[kind].items())), indent=3).encode()

    assert canonical_body(kind, shuffled) == canonical_body(kind, encoded(VALID[kind]))


@pytest.mark.parametrize("kind", MESSAGE_BODIES)
def test_what_is_canonical_stays_as_it_is(kind: str) -> None:
    once = canonical_body(kind, encoded(VALID[kind]))

    assert canonical_body(kind, msgspec.Raw(once)) == once


@pytest.mark.parametrize(("kind", "body", "field"), INVALID)
def test_a_body_that_does_not_fit_names_the_field(kind: str, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidBody, match=field):
        canonical_body(kind, encoded(body))


@pytest.mark.parametrize("kind", ["", "shout", *SYSTEM_BODIES])
def test_a_kind_that_clients_may_not_send_is_refused(kind: str) -> None:
    with pytest.raises(InvalidBody, match="kind"):
        canonical_body(kind, b"{}")


def test_the_size_is_bounded() -> None:
    data = {"type": "a", "data": {"x": "y" * MAX_BODY_BYTES}}

    with pytest.raises(InvalidBody, match=str(MAX_BODY_BYTES)):
        canonical_body("custom", encoded(data))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b'{"text":"\\ud800"}', b'{"text":"\xff"}', b'{"text":' + b"[" * 100_000]
)
def test_broken_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidBody):
        canonical_body("text", data)


def test_a_bottomless_custom_body_is_refused() -> None:
    data = b'{"type":"a","data":{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}}"

    with pytest.raises(InvalidBody):
        canonical_body("custom", data)


@given(st.sampled_from(sorted(MESSAGE_BODIES)), st.binary(max_size=200))
def test_any_bytes_end_in_a_body_or_a_refusal(kind: str, data: bytes) -> None:
    try:
        canonical = canonical_body(kind, data)
    except InvalidBody:
        return

    assert canonical_body(kind, canonical) == canonical


class TestSystemBodies:
    def test_a_body_of_its_kind_is_encoded(self) -> None:
        member = uuid4()

        assert json.loads(system_body("members_added", MembersAdded([member]))) == {"members": [str(member)]}

    @pytest.mark.parametrize("kind", ["members_added", "text", "shout"])
    def test_a_body_of_another_kind_is_refused(self, kind: str) -> None:
        with pytest.raises(InvalidBody, match="ConversationRenamed"):
            system_body(kind, ConversationRenamed("x"))
