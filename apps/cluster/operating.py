"""The operators' door: questions to a live node from a process that is none, such as a command.

What was asked of another process is refused with the same errors as a call in this one. Not here: how answers are
shown.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from apps.cluster.runtime.asking import AdminReply, AdminRequest, AskFailed, ask_node
from apps.cluster.runtime.errors import (
    ClusterRefused,
    ClusterUnavailable,
    LeaseHeld,
    LeaseLost,
    MemberUnknown,
)
from apps.cluster.runtime.files import read_running
from apps.cluster.runtime.keyring import KeyRing, KeysRefused
from apps.common.errors import ImError

__all__ = ["AskFailed", "KeysRefused", "ask", "runs"]

_REFUSALS: Final[dict[str, type[ImError]]] = {
    error.code: error for error in (ClusterUnavailable, ClusterRefused, LeaseHeld, LeaseLost, MemberUnknown)
}


def ask(
    options: Mapping[str, Any],
    verb: str,
    arguments: Mapping[str, str | int | bool],
    *,
    address: tuple[str, int] | None = None,
    timeout_ms: int = 15_000,
) -> Any:
    """Ask the node at `address`, or else the one that runs on this machine from the folder of IM_CLUSTER, `options`.

    Raises AskFailed (`not_running` if there is no such node), KeysRefused, or the ImError the node refused with.
    """
    ring = KeyRing(options["keys"])
    if address is None:
        running = read_running(options["folder"])
        if running is None:
            raise AskFailed("not_running", str(options["folder"]))
        address = (running.host, running.port)
    return _result(ask_node(address, ring, AdminRequest(verb, dict(arguments)), timeout_ms))


def runs(folder: Path) -> bool:
    """Whether a process of this machine is the node of this folder."""
    return read_running(folder) is not None


def _result(reply: AdminReply) -> Any:
    if reply.code == "not_leader":  # The question went wherever the leader was said to be; so there is none now.
        raise ClusterUnavailable(reason="no_leader")
    if reply.code in _REFUSALS:
        raise _REFUSALS[reply.code](**reply.fields)
    if reply.code:
        raise AskFailed(reply.code, reply.detail)
    return reply.result
