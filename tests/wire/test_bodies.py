"""Bodies: what fits, what does not, and that equal content has equal bytes."""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.wire import bodies
from apps.wire.bodies import MAX_BODY_BYTES, MESSAGE_BODIES, SYSTEM_BODIES, InvalidBody, canonical_body, system_body

GOOD: dict[str, dict[str, Any]] = {
    "text": {"text": "\u4f60\u597d", "mentions": [str(UUID(int=1))]},
    "image": {"file": "f1", "mime": "image/png", "size_bytes": 10, "width": 3, "height": 4, "name": "a.png"},
    "audio": {"file": "f1", "mime": "audio/ogg", "size_bytes": 10, "duration_ms": 500},
    "video": {"file": "f1", "mime": "video/mp4", "size_bytes": 10, "duration_ms": 5, "width": 1, "height": 1},
    "file": {"file": "f1", "name": "a.pdf", "mime": "application/pdf", "size_bytes": 0},
    "location": {"latitude": 31.2, "longitude": -121.5, "name": "Bund"},
    "custom": {"type": "vendor.card", "data": {"deep": [1, {"a": None}]}},
}


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_every_kind_has_an_example() -> None:
    assert GOOD.keys() == MESSAGE_BODIES.keys()


@pytest.mark.parametrize("kind", MESSAGE_BODIES)
def test_what_fits_is_kept_as_it_is(kind: str) -> None:
    assert json.loads(canonical_body(kind, raw(GOOD[kind]))) == GOOD[kind]


@pytest.mark.parametrize("kind", MESSAGE_BODIES)
def test_order_and_white_space_make_no_difference(kind: str) -> None:
    reversed_keys = dict(reversed(GOOD[kind].items()))

    spaced = json.dumps(reversed_keys, indent=3).encode()

    assert canonical_body(kind, spaced) == canonical_body(kind, raw(GOOD[kind]))
    assert canonical_body(kind, msgspec.Raw(spaced)) == canonical_body(kind, spaced)


def test_defaults_are_left_out() -> None:
    assert canonical_body("text", raw({"text": "a", "mentions": []})) == b'{"text":"a"}'


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("text", {"text": ""}),
        ("text", {"text": "x" * (bodies.MAX_TEXT_CHARS + 1)}),
        ("text", {"text": 5}),
        ("text", {"mentions": ["nobody"]}),
        ("text", {"mentions": [str(UUID(int=1))] * 201}),
        ("text", {"html": "<b>"}),
        ("custom", {"type": None}),
        ("video", {"height": 1 << 20}),
        ("location", {"latitude": 91}),
        ("image", {"mime": "not a mime"}),
        ("image", {"width": 0}),
        ("image", {"width": 65_536}),
        ("image", {"file": ""}),
        ("audio", {"duration_ms": -1}),
        ("video", {"height": None}),
        ("file", {"size_bytes": -1}),
        ("file", {"name": ""}),
        ("location", {"latitude": 90.5}),
        ("location", {"longitude": "east"}),
        ("custom", {"type": "Not A Type"}),
        ("custom", {"data": []}),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidBody, match=next(iter(change))):
        canonical_body(kind, raw(GOOD[kind] | change))


def test_a_text_without_text_is_refused() -> None:
    with pytest.raises(InvalidBody, match="text"):
        canonical_body("text", b"{}")


def test_the_size_is_bounded() -> None:
    with pytest.raises(InvalidBody, match=str(MAX_BODY_BYTES)):
        canonical_body("custom", raw({"type": "a", "data": {"long": "x" * MAX_BODY_BYTES}}))


def test_a_bottomless_custom_body_is_refused() -> None:
    data = b'{"type":"a","data":{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}}"

    with pytest.raises(InvalidBody):
        canonical_body("custom", data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b"\xff",
        b'{"text":"\xff"}',
        b'{"text":' + b"[" * 100_000,
        b"[" * 30_000,
        b'{"text":"\\ud800"}',
    ],
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidBody):
        canonical_body("text", data)


@pytest.mark.parametrize("kind", [*SYSTEM_BODIES, "unknown", ""])
def test_kinds_of_the_server_can_not_be_sent(kind: str) -> None:
    with pytest.raises(InvalidBody, match="not one a client can send"):
        canonical_body(kind, b"{}")


@given(kind=st.sampled_from(sorted(MESSAGE_BODIES)), data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_input_breaks_it(kind: str, data: bytes) -> None:
    try:
        encoded = canonical_body(kind, data)
    except InvalidBody:
        return
    assert canonical_body(kind, encoded) == encoded


@given(st.text(min_size=1, max_size=50))
def test_canonical_bytes_are_their_own_canonical_form(text: str) -> None:
    encoded = canonical_body("text", msgspec.json.encode({"text": text}))

    assert canonical_body("text", encoded) == encoded
    assert json.loads(encoded) == {"text": text}


def test_the_server_writes_its_own_kinds() -> None:
    added = bodies.MembersAdded(members=[UUID(int=1)])

    assert json.loads(system_body("members_added", added)) == {"members": [str(UUID(int=1))]}


@pytest.mark.parametrize("kind", ["members_removed", "text", "unknown"])
def test_a_body_belongs_to_its_kind(kind: str) -> None:
    with pytest.raises(InvalidBody, match="MembersAdded"):
        system_body(kind, bodies.MembersAdded(members=[]))
