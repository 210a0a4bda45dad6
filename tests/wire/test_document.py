"""The specification for people says what the code does."""

import json
import re
from typing import Any

import pytest

from apps.gateway.dispatch import RESUME_OVERLAP_MS
from apps.gateway.outbox import Bounds
from apps.gateway.session import Limits
from apps.wire import bodies, frames
from apps.wire.codec import decode_client_frame, decode_server_frame
from apps.wire.errors import RECONNECT, RETRYABLE, CloseCode, ErrorCode
from imsite.env import ROOT
from tests.wire.frames import ROOM

TEXT = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)


def examples() -> list[dict[str, Any]]:
    decoder, found = json.JSONDecoder(), []
    for block in BLOCKS:
        rest = block.strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            found.append(value)
            rest = rest[end:].strip()
    return found


def completed(frame: dict[str, Any]) -> str:
    """The example as a whole frame: what it abbreviates (`…`, a shortened event) is filled in."""
    text = json.dumps(frame, ensure_ascii=False).replace(', "last": {"seq": 17}', "")
    return re.sub(r'"(tenant|user|conversation|sender)": "[^"]*…"', rf'"\1": "{ROOM}"', text)


FRAMES = [example for example in examples() if "op" in example]
CLIENT_OPS = {str(frame.__struct_config__.tag) for frame in frames.ClientFrames.__args__}


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["op"])
def test_every_example_is_a_frame(frame: dict[str, Any]) -> None:
    is_answer = frame["op"] not in CLIENT_OPS or "time" in frame

    decode = decode_server_frame if is_answer else decode_client_frame

    assert decode(completed(frame))


def test_every_op_has_an_example() -> None:
    server = {str(frame.__struct_config__.tag) for frame in frames.ServerFrames.__args__}

    assert {frame["op"] for frame in FRAMES} == CLIENT_OPS | server


def rows(heading: str) -> dict[str, str]:
    """First cell to whole row of the table under a heading."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return {line.split("|")[1].strip().strip("`"): line for line in section.splitlines() if line.startswith("| ")}


def test_every_error_code_is_explained_with_whether_to_retry() -> None:
    table = rows("Errors")

    assert table.keys() - {"code"} == {str(code) for code in ErrorCode}
    assert {code for code, row in table.items() if "| yes |" in row} == {str(code) for code in RETRYABLE}


def test_every_close_code_is_explained() -> None:
    table = rows("Close codes")
    named = {int(code) for cell in table for code in re.findall(r"\d{4}", cell)}

    assert named == {int(code) for code in CloseCode} | {1006}
    assert all("yes" in row for cell, row in table.items() if cell.isdigit() and int(cell) in RECONNECT)


def test_every_kind_of_event_is_named() -> None:
    for kind in [*bodies.MESSAGE_BODIES, *bodies.SYSTEM_BODIES]:
        assert f"`{kind}`" in TEXT


def test_the_worked_example_of_a_message_id_is_there() -> None:
    from tests.wire.test_ids import VECTOR, VECTOR_HEX

    assert VECTOR in TEXT
    assert VECTOR_HEX in TEXT


def test_the_numbers_are_those_of_the_code() -> None:
    limits, bounds = Limits(), Bounds()

    assert limits.sign_in_ms == 10_000
    assert (limits.heartbeat_ms, limits.idle_ms) == (30_000, 75_000)
    assert (limits.rate_per_s, limits.burst, limits.refusals_burst) == (50, 200, 100)
    assert (limits.in_flight, limits.unacked, limits.resend_ms, limits.resends) == (64, 512, 10_000, 3)
    assert (limits.strikes, limits.expiry_notice_ms) == (10, 60_000)
    assert (bounds.congested_bytes, bounds.limit_bytes, bounds.stuck_s) == (256 * 1024, 1024 * 1024, 30)
    assert (frames.MAX_FRAME_BYTES, bodies.MAX_BODY_BYTES, bodies.MAX_TEXT_CHARS) == (65_536, 32_768, 20_000)
    assert (frames.MAX_SYNC_EVENTS, frames.MAX_LISTED_CONVERSATIONS, frames.UNREAD_CAP) == (200, 100, 999)
    assert (frames.MAX_CHANGED_CONVERSATIONS, RESUME_OVERLAP_MS) == (200, 90_000)
