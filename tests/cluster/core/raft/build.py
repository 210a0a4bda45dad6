"""Small pieces that the tests of single modules are made of."""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Entry, EntryKind, Membership, RaftConfig, Snapshot, Stored
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.messages import HardState
from tests.cluster.core.raft.network import FixedChance, founding

ONE, TWO, THREE, FOUR = NodeId(1), NodeId(2), NodeId(3), NodeId(4)
STRANGER = NodeId(99)


def entry(index: int, term: int, data: bytes = b"", kind: EntryKind = EntryKind.NORMAL) -> Entry:
    return Entry(index, term, kind, index * 10, data)


def entries(first: int, *terms: int) -> tuple[Entry, ...]:
    """Return entries from `first` on, one per term given."""
    return tuple(entry(index, term) for index, term in enumerate(terms, first))


def snapshot(index: int, term: int, *voters: int) -> Snapshot:
    return Snapshot(index, term, index * 10, Membership(tuple(map(NodeId, voters)), ()), b"state")


def member(node: int = 1, voters: tuple[int, ...] = (1, 2, 3), learners: tuple[int, ...] = (), **config: int) -> Member:
    """Return a founder that has just started at 0 ms."""
    return Member(RaftConfig(NodeId(node), **config), founding(voters, learners), FixedChance(0.5), 0)


def stored(term: int, vote: int, commit: int, begin: Snapshot | None, *log: Entry) -> Stored:
    return Stored(HardState(term, NodeId(vote), commit), begin, log)
