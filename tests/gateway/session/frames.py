"""Frames and identities for tests of the session, and what a session's effects amount to."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from apps.gateway.session import Authenticate, Call, Close, Effect, Identity, SendText
from apps.wire.codec import encode
from apps.wire.frames import ClientFrames, Send, SignIn
from apps.wire.ids import TenantId, TerminalId, UserId, make_message_id

START = 1_800_000_000_000
HOUR_MS = 3_600_000
TENANT, ALICE, BOB = TenantId(UUID(int=1)), UserId(UUID(int=2)), UserId(UUID(int=3))
PHONE, LAPTOP = TerminalId(UUID(int=4)), TerminalId(UUID(int=5))
ROOM, OTHER_ROOM = UUID(int=6), UUID(int=7)


def identity(*, user: UserId = ALICE, expires_ms: int = START + HOUR_MS) -> Identity:
    return Identity(TENANT, user, PHONE, expires_ms)


def sign_in(*, terminal: TerminalId = PHONE, ref: str = "", redirect: bool = False) -> SignIn:
    return SignIn(token="a-token", terminal=terminal, platform="web", ref=ref, redirect=redirect)


def message(number: int = 1) -> Send:
    message_id = make_message_id(ALICE, PHONE, time_ms=START, random=number.to_bytes(9, "big")).to_text()
    return Send(id=message_id, conversation=ROOM, kind="text", body=msgspec.Raw(b'{"text":"hello"}'))


def text_of(frame: ClientFrames | dict[str, Any]) -> str:
    return msgspec.json.encode(frame).decode() if isinstance(frame, dict) else encode(frame)


def outcome(effects: Iterable[Effect]) -> list[Any]:
    """Effects as plain data: sent frames as dicts, calls as their frame, closes as (code, reason)."""
    found: list[Any] = []
    for effect in effects:
        match effect:
            case SendText(text):
                found.append(msgspec.json.decode(text))
            case Call(frame, _) | Authenticate(frame):
                found.append(frame)
            case Close(code, reason):
                found.append((int(code), reason))
    return found
