"""The processes of one node, planned: what each is called, which ports it shares or has alone, what it does.

Each is a member of the cluster. The first is the node of the settings; further ones join it, have ports ten higher and
folders of their own, form no cluster and want no vote, so that any number may run after the next start. Where pages and
sessions have ports of their own, the first alone serves the port of pages: Python runs one thread at a time, so pages
beside sessions would make these wait. Not here: running them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imsite.env import ROLES
from imsite.errors import OperatorError
from imsite.phrases import phrase

PORT_STEP: Final = 10
HIGHEST_PORT: Final = 65_535
NAME_LENGTH: Final = 64
PAGES_NICENESS: Final = 5
"""Of a process for pages beside those for sessions: under full load it gets a third of what each of them gets."""
PAGES, SESSIONS = "IM_HTTP_PORT", "IM_WS_PORT"

Ports = Mapping[str, int]
"""Numbers of ports by the names of their settings."""


@dataclass(frozen=True)
class ProcessPlan:
    """One process."""

    name: str
    roles: tuple[str, ...]
    ports: Ports
    """Those that it serves, perhaps with others."""
    probe_port: int
    """The one that it has alone; a node's only process has none beside `ports`."""
    cluster: Mapping[str, Any]
    """What differs from the IM_CLUSTER of the node."""
    niceness: int = 0
    """How far it stands back where there are too few processors for all."""


def possible(asked: int, *, server: str, layer: str) -> int:
    """Return how many processes there are of as many as were asked for: Windows forks none, daphne binds its ports
    itself, and a channel layer within one process reaches no other."""
    return 1 if server == "daphne" or layer == "inprocess" or not hasattr(os, "fork") else asked


def plan_processes(
    cluster: Mapping[str, Any], ports: Ports, *, count: int, roles: tuple[str, ...], probe_port: int
) -> list[ProcessPlan]:
    """Return the processes of the node that `cluster` (IM_CLUSTER) describes; without `roles` they divide them.

    Raises OperatorError where a port would be too high.
    """
    highest = max(cluster["port"], cluster["data_port"], probe_port) + PORT_STEP * (count - 1)
    if highest > HIGHEST_PORT:
        raise OperatorError(
            phrase(
                "{count} processes need ports up to {highest}: choose lower ones, or fewer processes",
                count=count,
                highest=highest,
            )
        )
    duties = _divided(ports, count) if divides(ports, roles, count) else [(roles or ROLES, ports, None)] * count
    plans = []
    for place, (own_roles, own_ports, weight) in enumerate(duties):
        changes = _membership(cluster, place) | {"roles": own_roles}
        if "ws" not in own_roles:  # No session could come here, so it is no home of any.
            changes |= {"weight": 0, "public_url": ""}
        elif weight is not None:
            changes["weight"] = weight
        name = changes.get("name", cluster["name"])
        niceness = PAGES_NICENESS if SESSIONS not in own_ports else 0
        plans.append(ProcessPlan(name, own_roles, own_ports, probe_port + PORT_STEP * place, changes, niceness))
    return plans


def divides(ports: Ports, roles: tuple[str, ...], count: int) -> bool:
    """Whether pages and sessions are served by different processes."""
    return count > 1 and not roles and ports[PAGES] != ports[SESSIONS]


def _divided(ports: Ports, count: int) -> list[tuple[tuple[str, ...], Ports, int | None]]:
    """Roles, ports and weight of each. The first has sessions, too: of browsers that reach the port of pages only."""
    return [(ROLES, {PAGES: ports[PAGES]}, 0), *[(("ws",), {SESSIONS: ports[SESSIONS]}, None)] * (count - 1)]


def _membership(cluster: Mapping[str, Any], place: int) -> dict[str, Any]:
    """What differs for the process at `place` because others are beside it."""
    if place == 0:
        return {}
    suffix, higher, folder = f"-{place + 1}", PORT_STEP * place, cluster["folder"]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(cluster["host"], cluster["host"])  # noqa: S104 - compared
    return {
        "name": cluster["name"][: NAME_LENGTH - len(suffix)] + suffix,
        "port": cluster["port"] + higher,
        "data_port": cluster["data_port"] + higher,
        "folder": folder.with_name(folder.name + suffix),
        "join": ((host, cluster["port"]), *cluster["join"]),
        "expect": 0,
        "votes": False,
    }
