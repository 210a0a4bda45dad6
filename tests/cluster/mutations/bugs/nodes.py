"""Bugs about one node: its disk, its promises, its offices."""

from tests.cluster.mutations.planting import Bug

NODE = "apps.cluster.core.node"
MEMBER = "tests core/node/test_member.py::TestPublishing::"
FORMING = "tests core/node/test_machine.py::TestForming::"

NODES = (
    Bug(
        "said-before-saved",
        f"{NODE}.replica",
        """            effects.append(Persist(ready.hard_state, ready.snapshot, ready.entries))
        for node, message in ready.messages:
            send(node, message)
""",
        """            for node, message in ready.messages:
                send(node, message)
            effects.append(Persist(ready.hard_state, ready.snapshot, ready.entries))
        else:
            for node, message in ready.messages:
                send(node, message)
""",
        "tests core/node/test_replica.py::test_a_vote_is_saved_before_anybody_hears_of_it",
        "Persist, then send: what was said before it was saved is forgotten in a crash.",
    ),
    Bug(
        "data-plane-not-waited-for",
        f"{NODE}.member",
        "if not self._config.confirms:",
        "if True:",
        f"{MEMBER}test_the_leader_hears_of_a_table_only_when_it_is_in_force",
        "The session loop still serves by the old table when the slot is given away.",
    ),
    Bug(
        "decision-tried-again",
        f"{NODE}.member",
        "                lambda command: self._enact(command, now_ms),",
        "                lambda command: self.propose(command, now_ms),",
        "tests core/node/test_member.py::TestOffice::test_no_decision_is_among_what_is_tried_again",
        "A leader's decision is appended later, by another leader, when what it rests on no longer holds.",
    ),
    Bug(
        "promised-twice",
        f"{NODE}.formation",
        "if self.claim is None and fits:",
        "if fits:",
        "tests core/node/test_formation.py::test_a_node_promises_once",
        "Two clusters are formed with the same node.",
    ),
    Bug(
        "founded-without-all",
        f"{NODE}.formation",
        "self.complete = len(self._promised) == len(self.claim.voters)",
        "self.complete = len(self._promised) > 1",
        "tests core/node/test_formation.py::test_all_promises_complete_it_and_not_one_fewer",
        "Somebody who has not promised may have promised itself elsewhere.",
    ),
    Bug(
        "promise-not-saved-first",
        f"{NODE}.machine",
        """            self._effects.append(SaveIdentity(self.identity, self._claim))
        for node, message in self._formation.take():
            self._send(node, message)
""",
        """            for node, message in self._formation.take():
                self._send(node, message)
            self._effects.append(SaveIdentity(self.identity, self._claim))
        for node, message in self._formation.take():
            self._send(node, message)
""",
        f"{FORMING}test_a_promise_is_on_the_disk_before_anybody_hears_of_it",
        "A promise that a crash makes forgotten is given a second time.",
    ),
    Bug(
        "foreign-log-accepted",
        f"{NODE}.machine",
        "if self.member is None or envelope.cluster_id != self.identity.cluster_id:",
        "if self.member is None:",
        "tests core/node/test_machine.py::TestJoining::test_a_member_does_not_listen_to_another_clusters_log",
        "Messages of another cluster's log end up in this one.",
    ),
)
