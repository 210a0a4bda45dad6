"""Bugs about state, reconciler and planner."""

from tests.cluster.mutations.planting import Bug

STATE = "apps.cluster.core.state"
RECONCILE = "apps.cluster.core.reconcile"
ALLOTMENT = "tests core/reconcile/test_allotment.py::TestGiving::"
RECONCILER = "tests core/reconcile/test_reconciler.py::TestLoss::"
STATE_SLOTS = "tests core/state/test_machine.py::TestSlots::"

DECISIONS = (
    Bug(
        "request-applied-twice",
        f"{STATE}.machine",
        "if envelope.request <= self._requests.get(envelope.origin, 0):",
        "if False:",
        "tests core/state/test_machine_leases.py::TestRequests::test_a_request_is_applied_once",
        "A proposal that was tried again takes effect a second time (thesis §6.3).",
    ),
    Bug(
        "assigned-over-an-owner",
        f"{STATE}.machine",
        "if any(part.owner != NO_NODE or part.epoch > command.expected_epoch for part in parts):",
        "if any(part.epoch > command.expected_epoch for part in parts):",
        f"{STATE_SLOTS}test_what_somebody_owns_is_not_given_away",
        "Slots change hands in one step: two nodes serve between the moments at which they apply it.",
    ),
    Bug(
        "stale-decision-accepted",
        f"{STATE}.machine",
        "if any(part.owner != NO_NODE or part.epoch > command.expected_epoch for part in parts):",
        "if any(part.owner != NO_NODE for part in parts):",
        f"{STATE_SLOTS}test_an_assignment_decided_before_the_last_release_has_no_effect",
        "What was decided on an older table gives away a slot whose last owner may still serve it.",
    ),
    Bug(
        "lease-given-twice",
        f"{STATE}.machine",
        "return lease if again else Code.LEASE_HELD",
        "return lease",
        "tests core/state/test_machine_leases.py::TestLeases::test_nobody_else_gets_it_until_it_ends",
        "Two nodes run the same job.",
    ),
    Bug(
        "token-does-not-grow",
        f"{STATE}.machine",
        "Lease(command.key, command.holder, self.index, expires_ms, command.nonce)",
        "Lease(command.key, command.holder, 1 + self.index % 8, expires_ms, command.nonce)",
        "tests core/state/test_machine_leases.py::TestLeases::test_a_lease_carries_the_index_as_token",
        "Jepsen on etcd: a lock without a growing token protects nothing.",
    ),
    Bug(
        "assigned-before-released",
        f"{RECONCILE}.allotment",
        "if part.previous == NO_NODE:",
        "if True:",
        f"{ALLOTMENT}test_a_slot_is_given_when_its_last_owner_has_applied_the_release",
        "The last owner has not heard yet that it no longer is one.",
    ),
    Bug(
        "release-seen-before-it-is-in-force",
        f"{RECONCILE}.allotment",
        "contact.applied >= part.epoch or",
        "contact.match >= part.epoch or",
        f"{ALLOTMENT}test_only_what_is_ready_is_given",
        "A release in the last owner's log is not yet one in its table.",
    ),
    Bug(
        "quorum-shrinks",
        f"{RECONCILE}.electorate",
        "SMALLEST_SAFE = 3",
        "SMALLEST_SAFE = 1",
        f"{RECONCILER}test_the_dead_never_cost_the_quorum",
        "Consul #5922: cleaning up after the dead costs the quorum.",
    ),
    Bug(
        "majority-of-the-dead",
        f"{RECONCILE}.electorate",
        "return sum(alive) > len(alive) // 2",
        "return True",
        "tests core/reconcile/test_electorate.py::TestDemoting::test_never_to_a_majority_that_is_dead",
        "Consul #8118: a step that leaves a majority that is not alive.",
    ),
    Bug(
        "flapping-node-served",
        f"{RECONCILE}.allotment",
        "(standing.weights if owns or presence.stable(node) else newcomers)[node] = weight",
        "standing.weights[node] = weight",
        f"{RECONCILER}test_a_node_that_comes_and_goes_gets_nothing_until_it_stays",
        "A node that comes and goes takes slots with it each time.",
    ),
    Bug(
        "weightless-survivor-idle",
        f"{RECONCILE}.allotment",
        "state.members[node].weight or 1 for node",
        "state.members[node].weight for node",
        "tests core/reconcile/test_reconciler_small_worlds.py::test_a_node_alone_serves_whatever_it_was_told",
        "Where only nodes without weight are left nobody serves anything.",
    ),
    Bug(
        "draining-node-never-votes",
        f"{RECONCILE}.electorate",
        "willing = node in self.state.members and not self._going(node)",
        "willing = self._fit(node)",
        "tests core/reconcile/test_reconciler_small_worlds.py::test_of_four_the_living_serve_and_who_goes_is_gone",
        "A node that was told to go keeps its vote, and stays, while the only one to have it is drained.",
    ),
    Bug(
        "late-vote-teaches-a-leader",
        "apps.cluster.core.raft.protocol",
        "if isinstance(message, VoteReply) and self.office is None:",
        "if isinstance(message, VoteReply):",
        "tests core/raft/test_protocol.py::test_a_leader_is_taught_by_no_vote_that_comes_late_but_counts",
        "A leader compacts its log past the entries it has yet to count as decided, and stops.",
    ),
    Bug(
        "planner-ignores-its-limit",
        "apps.cluster.core.slots.planner",
        "taken = min(surplus[node], allowance)",
        "taken = surplus[node]",
        "tests core/slots/test_planner.py::test_no_more_than_the_limit_is_on_its_way_at_once",
        "Everything moves at once.",
    ),
)
