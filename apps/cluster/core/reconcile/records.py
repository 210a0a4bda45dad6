"""What the log should say of its members: taken in, kept up to date, forgotten, and which version all understand.

Not here: votes (`electorate`) and slots (`allotment`).
"""

from apps.cluster.core.gossip import Peer, Status
from apps.cluster.core.reconcile.electorate import Electorate
from apps.cluster.core.state import (
    MEMBERS_MAX,
    ClusterState,
    Command,
    MemberRecord,
    PutMember,
    RaiseVersion,
    RemoveMember,
)


def record_commands(electorate: Electorate) -> list[Command]:
    """Return what should be written down now."""
    return [*_news(electorate), *_removals(electorate), *_rises(electorate)]


def _news(electorate: Electorate) -> list[Command]:
    """Take in whoever lives and belongs here, and write down what living members say of themselves."""
    state, peers = electorate.state, electorate.evidence.peers
    commands: list[Command] = []
    room = MEMBERS_MAX - len(state.members)
    for node in sorted(peers):
        known = state.members.get(node)
        command = _put(peers[node])
        if not _belongs(state, peers[node]) or (known is not None and _put_of(known) == command):
            continue
        room -= known is None
        if known is not None or room >= 0:
            commands.append(command)
    return commands


def _belongs(state: ClusterState, peer: Peer) -> bool:
    here = peer.meta.cluster in {"", state.cluster_id} and peer.node not in state.removals
    return here and peer.status is Status.ALIVE and peer.meta.version >= state.version


def _put(peer: Peer) -> PutMember:
    meta = peer.meta
    host, port = peer.address
    return PutMember(peer.node, meta.name, host, port, meta.data_port, meta.public_url, meta.weight, meta.version)


def _put_of(record: MemberRecord) -> PutMember:
    return PutMember(
        record.node,
        record.name,
        record.host,
        record.control_port,
        record.data_port,
        record.public_url,
        record.weight,
        record.version,
    )


def _removals(electorate: Electorate) -> list[Command]:
    """Remove for good whoever retires and has neither slots nor a vote; forget the dead the log does not reach."""
    state, membership = electorate.state, electorate.evidence.membership
    commands: list[Command] = []
    for node in sorted(state.members):
        if node in membership.voters or node in state.table.holders:
            continue
        if state.members[node].retiring:
            commands.append(RemoveMember(node, for_good=True))
        elif node not in membership.learners and electorate.forgotten(node):
            commands.append(RemoveMember(node, for_good=False))
    return commands


def _rises(electorate: Electorate) -> list[Command]:
    """Agree on the newest version that every program understands."""
    members = electorate.state.members
    if not members or any(node not in members for node in electorate.evidence.membership.members):
        return []
    version = min(record.version for record in members.values())
    return [RaiseVersion(version)] if version > electorate.state.version else []
