"""What a node tells operators of itself and its cluster, as plain values. Works in the loop of the engine.

Not here: how it is shown.
"""

from typing import Any

from apps.cluster.core.gossip import NO_VOTE, Peer
from apps.cluster.core.ids import NO_NODE, NodeId, node_name
from apps.cluster.core.node import View
from apps.cluster.core.raft import Contact
from apps.cluster.runtime.clock import monotonic_ms
from apps.cluster.runtime.engine import Engine
from apps.cluster.runtime.names import written


def report(engine: Engine) -> dict[str, Any]:
    """Return the whole state of a node.

    `applied` and `silent_ms` of members are known to the leader only; `double` is where another process was heard that
    runs under this node's id, from a copy of its folder.
    """
    machine, view, now_ms = engine.machine, engine.board.view, monotonic_ms()
    links = engine.links.count()
    facts: dict[str, Any] = {
        "name": engine.config.name,
        "node": node_name(machine.identity.node),
        "boot": machine.identity.boot,
        "cluster": machine.identity.cluster_id,
        "address": written(engine.address),
        "leader": "",
        "role": "unformed",
        "term": 0,
        "index": 0,
        "version": 0,
        "epoch": 0,
        "serving": engine.board.serving_until_ms > now_ms,
        "members": _strangers(engine),
        "unassigned_slots": None,
        "leases": 0,
        "health": machine.gossip.health,
        "double": written(machine.gossip.conflict) if machine.gossip.conflict is not None else "",
        "tick_lag_ms": engine.tick_lag.report(now_ms),
        "persist_ms": engine.persist_lag.report(now_ms),
        "links": {"dialled": links[0], "accepted": links[1]},
        "counters": counters(engine),
    }
    if view is not None:
        facts.update(_of_view(engine, view, now_ms))
    return facts


def counters(engine: Engine) -> dict[str, int]:
    """Return everything that is counted, with where it was counted in front."""
    machine = engine.machine
    sources = {"udp": engine.packets.rejected, "gossip": machine.gossip.rejected, "node": machine.rejected}
    if machine.member is not None:
        sources["raft"] = machine.member.replica.raft.rejected
    found = dict(engine.counters)
    for source, counts in sources.items():
        found.update({f"{source}_rejected_{reason}": count for reason, count in counts.items()})
    return dict(sorted(found.items()))


def slot_ranges(view: View) -> list[dict[str, Any]]:
    """Return who owns which slots since which epoch."""
    return [
        {
            "first": part.first,
            "last": part.last,
            "owner": _name(view, part.owner),
            "previous": _name(view, part.previous),
            "epoch": part.epoch,
        }
        for part in view.table.ranges
    ]


def _of_view(engine: Engine, view: View, now_ms: int) -> dict[str, Any]:
    member = engine.machine.member
    contacts = member.replica.raft.contacts() if member is not None else {}
    peers = engine.machine.gossip.peers
    return {
        "leader": _name(view, view.leader),
        "role": view.role.name.lower(),
        "term": view.term,
        "index": view.index,
        "version": view.version,
        "epoch": view.table.epoch,
        "members": [_member(view, node, contacts.get(node), peers.get(node), now_ms) for node in sorted(view.members)],
        "unassigned_slots": view.table.count_of(NO_NODE),
        "leases": view.leases,
    }


def _member(view: View, node: NodeId, contact: Contact | None, peer: Peer | None, now_ms: int) -> dict[str, Any]:
    record = view.members[node]
    status = view.statuses.get(node)
    acked_ms = contact.acked_ms if contact is not None else None
    return {
        "name": record.name,
        "node": node_name(node),
        "role": "voter" if node in view.membership.voters else "learner",
        "status": status.value if status is not None else "dead",
        "address": written((record.host, record.control_port)),
        "data_port": record.data_port,
        "public_url": record.public_url,
        "slots": view.table.count_of(node),
        "weight": record.weight,
        "draining": record.draining,
        "retiring": record.retiring,
        "version": record.version,
        "load": peer.meta.load if peer is not None else 0,
        **_roles(peer),
        "applied": contact.applied if contact is not None else None,
        "silent_ms": max(0, now_ms - acked_ms) if acked_ms is not None else None,
    }


def _strangers(engine: Engine) -> list[dict[str, Any]]:
    """Whom a node without a cluster sees."""
    return [
        {"name": peer.meta.name, "node": node_name(node), "role": "", "status": peer.status.value}
        | _roles(peer)
        | {
            "address": written(peer.address),
            "slots": 0,
            "draining": False,
            "applied": None,
            "version": peer.meta.version,
        }
        for node, peer in sorted(engine.machine.gossip.peers.items())
    ]


def _roles(peer: Peer | None) -> dict[str, Any]:
    """What a node does, and whether it may be given a vote; nothing and yes where nobody knows."""
    said = peer.meta.roles if peer is not None else ()
    return {"roles": [role for role in said if role != NO_VOTE], "may_vote": NO_VOTE not in said}


def _name(view: View, node: NodeId) -> str:
    """The name people gave a node; its id where nobody knows one; nothing for no node."""
    if node == NO_NODE:
        return ""
    record = view.members.get(node)
    return record.name if record is not None else node_name(node)
