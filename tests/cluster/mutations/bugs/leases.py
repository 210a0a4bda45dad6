"""Bugs about who may serve."""

from tests.cluster.mutations.planting import Bug

RAFT = "apps.cluster.core.raft"

LEASES = (
    Bug(
        "lease-unproved",
        f"{RAFT}.office",
        "number, leases.granted_to(node), log.last_index, commit)",
        "number, leases.answer_of(node), log.last_index, commit)",
        "raft lease",
        "A leader that may have been deposed meanwhile grants what it was answered last.",
    ),
    Bug(
        "lease-from-the-newest-answer",
        f"{RAFT}.lease",
        "self._grants.append(Granted(self._answers[0][1] + self._lease_ms, fence))",
        "self._grants.append(Granted(self._answers[-1][1] + self._lease_ms, fence))",
        "raft lease_repeated_round",
        "A lease that begins when the grant comes, not when the answer was sent, outlives the promise it rests on.",
    ),
    Bug(
        "lease-fence-ignored",
        f"{RAFT}.lease",
        "if grant.fence <= applied]",
        "if grant.fence <= applied + (1 << 62)]",
        "raft lease_fence",
        "A node that was cut off serves slots that it lost meanwhile.",
    ),
    Bug(
        "no-wait-after-a-forced-election",
        f"{RAFT}.lease",
        "self._first_bound_ms = now_ms + wait_ms if forced else now_ms",
        "self._first_bound_ms = now_ms",
        "raft lease_forced_election",
        "After a transfer the leases of the leader before still run.",
    ),
    Bug(
        "lease-bound-from-the-grant-forgotten",
        f"{RAFT}.lease",
        "max(self._first_bound_ms, granted[1] + self._wait_ms)",
        "max(self._first_bound_ms, granted[1])",
        "raft lease",
        "The leader gives slots away while their owner's lease runs.",
    ),
)
