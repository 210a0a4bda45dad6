"""The bugs. Each was made by somebody, somewhere, or is the obvious slip at its place."""

from tests.cluster.mutations.bugs.decisions import DECISIONS
from tests.cluster.mutations.bugs.elections import ELECTIONS
from tests.cluster.mutations.bugs.gossip import GOSSIPS
from tests.cluster.mutations.bugs.leases import LEASES
from tests.cluster.mutations.bugs.nodes import NODES
from tests.cluster.mutations.bugs.paths import PATHS
from tests.cluster.mutations.bugs.replication import REPLICATION

BUGS = ELECTIONS + REPLICATION + LEASES + GOSSIPS + DECISIONS + NODES + PATHS

__all__ = ["BUGS"]
