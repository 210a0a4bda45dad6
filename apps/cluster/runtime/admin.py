"""Answers the questions of operators that come over a sealed link: one verb, one answer.

Not here: what is done; that is the same as for callers in this process.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from apps.cluster.core.gossip import Address
from apps.cluster.runtime.asking import AdminReply, AdminRequest
from apps.cluster.runtime.errors import NotLeader
from apps.cluster.runtime.sealing import UNDECODABLE
from apps.common.errors import ImError
from apps.metrics import HISTORY

logger = logging.getLogger(__name__)

REQUEST = msgspec.msgpack.Decoder(AdminRequest)


class Operations(Protocol):
    """What can be asked of a node."""

    def leader_address(self) -> Address | None:
        """Where the leader answers."""

    async def status(self) -> dict[str, Any]:
        """Everything a node knows."""

    async def slots(self) -> list[dict[str, Any]]:
        """Who owns which slots."""

    async def drain(self, node: str, *, undo: bool = False) -> None:
        """Take all slots from a member, or let it have some again."""

    async def remove(self, node: str) -> None:
        """Remove a member for good."""

    async def lead(self, node: str) -> None:
        """Hand this node's office over to a member."""


async def answer(operations: Operations, frame: bytes) -> bytes:
    """Answer one question. Never raises for what a question may hold."""
    try:
        request = REQUEST.decode(frame)
        result = await _verb(request.verb)(operations, request.arguments)
        reply = AdminReply(result=result)
    except UNDECODABLE:
        reply = AdminReply("invalid_input", "this is not a question this program understands")
    except NotLeader as error:
        reply = AdminReply(error.code, error.text, leader=operations.leader_address(), fields=error.fields)
    except ImError as error:
        reply = AdminReply(error.code, error.text, fields=error.fields)
    except Exception:
        logger.exception("an operator's question failed")
        reply = AdminReply("internal", "the node failed to answer; its log says why")
    return msgspec.msgpack.encode(reply)


Arguments = dict[str, str | int | bool]


def _verb(name: str) -> Callable[[Operations, Arguments], Awaitable[Any]]:
    if name not in VERBS:
        raise msgspec.DecodeError(f"no verb {name}")
    return VERBS[name]


async def _status(operations: Operations, _: Arguments) -> Any:
    return await operations.status()


async def _slots(operations: Operations, _: Arguments) -> Any:
    return await operations.slots()


async def _figures(_: Operations, arguments: Arguments) -> Any:
    return HISTORY.since(int(arguments.get("since_ms", 0)))


async def _drain(operations: Operations, arguments: Arguments) -> None:
    await operations.drain(str(arguments.get("node", "")), undo=bool(arguments.get("undo", False)))


async def _remove(operations: Operations, arguments: Arguments) -> None:
    await operations.remove(str(arguments.get("node", "")))


async def _transfer(operations: Operations, arguments: Arguments) -> None:
    await operations.lead(str(arguments.get("node", "")))


VERBS: dict[str, Callable[[Operations, Arguments], Awaitable[Any]]] = {
    "status": _status,
    "slots": _slots,
    "figures": _figures,
    "drain": _drain,
    "remove": _remove,
    "transfer": _transfer,
}
