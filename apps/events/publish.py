"""The one door to the channel layer: hands a frame, encoded once, to everybody concerned.

Publishing says who is told, never what is true: it happens after the commit, it may fail or be lost, and receivers
repair what they missed by seq. So nothing here raises to a caller whose work is already committed.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from apps.metrics import SIZES, counter, histogram

_WIDTH = histogram("im_fanout_groups", "Users that one publication was for.", ("what",), buckets=SIZES)
_EVENTS, _NOTICES = _WIDTH.labelled(what="event"), _WIDTH.labelled(what="notice")
_FAILED = counter("im_fanout_failed_total", "Publications that the channel layer did not take.")

logger = logging.getLogger(__name__)

DELIVER: Final = "deliver"
REVOKE: Final = "revoke"
TENANTS: Final = "tenants"
"""To every node: look anew which tenants are not active, and what they may send."""
NODES: Final = "nodes"
"""The group that every node which serves sessions is in."""
GAP: Final = "gap"
"""From the layer itself: messages to `groups` (None: to any) since `since_ms`, unix time, may never arrive."""


class Why(StrEnum):
    """Why sessions have to end; what their clients are told, and do then, follows from it."""

    REVOKED = "revoked"
    """The terminal, or the person, may not be here any more."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """A token they may have come in with was taken back; with another one that is good they may come back."""
    DISPLACED = "displaced"
    """Another terminal took the place of this one."""
    PASSWORD = "password_changed"  # noqa: S105 - a word, not a secret
    """The person has another password; her programs sign in anew."""
    SUSPENDED = "account_suspended"
    """The person may not sign in for now."""
    TENANT = "tenant_suspended"
    """Nobody of the tenant may, for now."""
    SIGNED_OUT = "signed_out"
    """All her programs were signed out at once."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One frame for the sessions of some groups.

    `frame` is the encoded text. `conversation` (hex) and `seq` mark an event that each terminal acknowledges; frames
    without an acknowledgement leave `seq` 0. The session named `origin` is left out: it has its answer already.
    """

    frame: str
    conversation: str = ""
    seq: int = 0
    origin: str = ""

    def to_message(self) -> dict[str, Any]:
        """Return the message as it travels through the layer."""
        return {
            "type": DELIVER,
            "frame": self.frame,
            "conversation": self.conversation,
            "seq": self.seq,
            "origin": self.origin,
        }


def user_group(user_id: UUID) -> str:
    """Return the name of the group that holds every session of a user."""
    return f"user.{user_id.hex}"


async def send_to_groups(groups: Sequence[str], message: dict[str, Any]) -> None:
    """Send a message of the layer to groups, with their names in it. A failing layer is logged, not raised."""
    layer = get_channel_layer()
    if layer is None or not groups:
        return
    (_EVENTS if message.get("seq") else _NOTICES).observe(len(groups))
    try:
        send_many = getattr(layer, "group_send_many", None)
        if send_many is not None:
            await send_many(groups, message)
            return
        for group in groups:
            await layer.group_send(group, {**message, "groups": [group]})
    except Exception:
        _FAILED.add()
        logger.exception("publishing to %d groups failed, receivers will sync", len(groups))


async def publish(groups: Sequence[str], delivery: Delivery) -> None:
    """Hand `delivery` to every session in one or more of the groups. A failing layer is logged, not raised."""
    await send_to_groups(groups, delivery.to_message())


def publish_on_commit(groups: Sequence[str], delivery: Delivery) -> None:
    """Publish once Django's transaction of this thread commits, at once when none is open. Nothing on rollback."""
    _send_on_commit(groups, delivery.to_message())


def revoke_on_commit(
    user_id: UUID,
    *,
    terminal_id: UUID | None = None,
    why: Why = Why.REVOKED,
    details: Mapping[str, str | int] | None = None,
) -> None:
    """Once the transaction commits, close the user's open sessions: all, or those of one terminal.

    `details` is what their clients are told beyond the reason.
    """
    message = {
        "type": REVOKE,
        "terminal": terminal_id.hex if terminal_id else "",
        "why": why.value,
        "details": dict(details or {}),
    }
    _send_on_commit([user_group(user_id)], message)


def tell_tenants_changed() -> None:
    """Once the transaction commits, let every node look anew whose sessions have to end. Lost, they do so anyway."""
    _send_on_commit([NODES], {"type": TENANTS})


class _NodeLoop:
    """The event loop that serves this process's sessions, while there is one."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None


_node = _NodeLoop()


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the loop that serves sessions, so that worker threads hand over without waiting; None when it stops."""
    _node.loop = loop


def node_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that serves this process's sessions, while it does."""
    loop = _node.loop
    return loop if loop is not None and loop.is_running() else None


def _send_on_commit(groups: Sequence[str], message: dict[str, Any]) -> None:
    names = tuple(groups)
    transaction.on_commit(lambda: _send_from_anywhere(names, message), robust=True)


def _send_from_anywhere(groups: Sequence[str], message: dict[str, Any]) -> None:
    """Send from a worker thread, a command without any loop, or a loop's own thread."""
    if (loop := node_loop()) is not None:
        asyncio.run_coroutine_threadsafe(send_to_groups(groups, message), loop)
        return
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        async_to_sync(send_to_groups)(groups, message)
    else:
        asyncio.run_coroutine_threadsafe(send_to_groups(groups, message), running)
