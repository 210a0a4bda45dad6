"""Questions of operators to a live node, from another process: `manage.py cluster …`.

Blocking, because a command has nothing else to do. Not here: what can be asked, and how an answer is shown.
"""

import socket
import time
from typing import Any

import msgspec

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.names import written
from apps.cluster.runtime.sealing import UNDECODABLE, Party, Purpose, SealedStream, SealError
from apps.cluster.runtime.wires import FRAME_MAX_BYTES, LAST, PART

REDIRECTS_MAX = 3
"""How often an answer may send the question on to the leader; then the last answer counts."""


class AskFailed(Exception):
    """No answer: `unreachable`, `refused` (another key or cluster), `timeout` or `garbled`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class AdminRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question: `status`, `drain`, …, with what it is about."""

    verb: str
    arguments: dict[str, str | int | bool] = {}


class AdminReply(msgspec.Struct, frozen=True):
    """An answer. `code` is empty if it was done; `leader` says where to ask instead for `not_leader`.

    `detail` is in the node's language; with `fields` a reader says it in hers.
    """

    code: str = ""
    detail: str = ""
    result: Any = None
    leader: Address | None = None
    fields: dict[str, str | int] = {}


REPLY = msgspec.msgpack.Decoder(AdminReply)


def ask_node(address: Address, ring: KeyRing, request: AdminRequest, timeout_ms: int = 15_000) -> AdminReply:
    """Ask a node, and the leader if the node says that only that one can answer. Raises AskFailed."""
    deadline_s = time.monotonic() + timeout_ms / 1_000
    for _ in range(REDIRECTS_MAX):
        reply = _ask_once(address, ring, request, deadline_s)
        if reply.code != "not_leader" or reply.leader is None:
            break
        address = reply.leader
    return reply


def _ask_once(address: Address, ring: KeyRing, request: AdminRequest, deadline_s: float) -> AdminReply:
    where = written(address)
    try:
        with socket.create_connection(address, _left(deadline_s)) as connection:
            return REPLY.decode(_exchange(connection, ring, msgspec.msgpack.encode(request), deadline_s))
    except TimeoutError as error:
        raise AskFailed("timeout", f"{where} did not answer in time") from error
    except OSError as error:
        raise AskFailed("unreachable", f"{where} cannot be reached: {error.strerror or error}") from error
    except SealError as error:
        raise AskFailed("refused", f"{where} was not trusted ({error.reason}): is the cluster key the same?") from error
    except UNDECODABLE as error:
        raise AskFailed("garbled", f"{where} answered something this program does not understand") from error


def _exchange(connection: socket.socket, ring: KeyRing, question: bytes, deadline_s: float) -> bytes:
    stream = SealedStream.dial(ring, Party(NO_NODE), Purpose.OPERATOR)
    connection.sendall(stream.outgoing())
    parts: list[bytes] = []
    asked = False
    while sum(map(len, parts)) <= FRAME_MAX_BYTES:
        connection.settimeout(_left(deadline_s))
        data = connection.recv(1 << 16)
        if not data:
            raise SealError("key" if not asked else "closed")
        for payload in stream.receive(data):
            parts.append(payload[1:])
            if payload[:1] == LAST:
                return b"".join(parts)
        if stream.established and not asked:
            asked = True
            connection.sendall(stream.outgoing() + stream.seal(LAST + question[:PART]))
    raise SealError("too_large")


def _left(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s
