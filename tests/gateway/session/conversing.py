"""Sessions to hand frames to: fresh, or welcomed already."""

from typing import Any

from apps.gateway.session import Limits, Session
from tests.gateway.session.frames import HOUR_MS, START, identity, outcome, sign_in, text_of

QUIET = Limits(rate_per_s=1e6, burst=10**6)
"""For tests of anything but the rate."""


def fresh(limits: Limits = QUIET) -> Session:
    return Session("node.1", now_ms=START, limits=limits)


def welcomed(limits: Limits = QUIET, *, expires_ms: int = START + HOUR_MS) -> Session:
    session = fresh(limits)
    session.handle_frame(text_of(sign_in()), START)
    welcome(session, expires_ms=expires_ms)
    return session


def welcome(session: Session, *, now_ms: int = START, expires_ms: int = START + HOUR_MS, **fields: Any) -> list[Any]:
    arguments: dict[str, Any] = {"ref": "", "changes": [], "start_over": False, "now_ms": now_ms} | fields
    return outcome(session.signed_in(identity(expires_ms=expires_ms), **arguments))


def hand(session: Session, frame: Any, now_ms: int = START) -> list[Any]:
    return outcome(session.handle_frame(frame if isinstance(frame, str | bytes) else text_of(frame), now_ms))


def changed(conversation: Any, max_seq: int) -> dict[str, Any]:
    return {"op": "changed", "conversation": str(conversation), "max_seq": max_seq}
