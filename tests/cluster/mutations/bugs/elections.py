"""Bugs about who leads."""

from tests.cluster.mutations.planting import Bug

RAFT = "apps.cluster.core.raft"

ELECTIONS = (
    Bug(
        "vote-not-saved",
        f"{RAFT}.machine",
        "(member.term, member.vote) != (member.saved.term, member.saved.vote)",
        "member.term != member.saved.term",
        "raft vote_in_known_term",
        "A vote that is not on the disk before it is told is given twice after a crash.",
    ),
    Bug(
        "two-votes-in-a-term",
        f"{RAFT}.election",
        "free = member.vote == sender or (member.vote == NO_NODE and member.leader == NO_NODE)",
        "free = True",
        "raft vote_kept_over_crash",
        "Raft §5.2: one vote in a term.",
    ),
    Bug(
        "shorter-log-elected",
        f"{RAFT}.election",
        "granted = free and member.log.is_reached_by(request.last_index, request.last_term)",
        "granted = free",
        "raft log_terms",
        "Raft §5.4.1: who lacks decided entries must not lead.",
    ),
    Bug(
        "no-pre-vote",
        f"{RAFT}.election",
        "return self._ask_before(now_ms)",
        "return self.stand(now_ms, forced=False)",
        "raft returning_node",
        "A node that was cut off deposes a leader that everybody else hears (thesis §9.6).",
    ),
    Bug(
        "no-check-quorum",
        f"{RAFT}.office",
        "if not self._has_majority(now_ms):",
        "if False:",
        "raft one_way",
        "A leader that reaches nobody goes on as one (Cloudflare 2020).",
    ),
    Bug(
        "vote-beside-a-leader",
        f"{RAFT}.protocol",
        "not message.force and member.withholds(now_ms):",
        "False:",
        "raft removed_node",
        "Leases of a leader still run when the next one is elected.",
    ),
    Bug(
        "vote-at-once-after-a-start",
        f"{RAFT}.member",
        'self.heard_ms = now_ms\n        """When this node last heard',
        'self.heard_ms = now_ms - config.election_ms\n        """When this node last heard',
        "raft lease_restart",
        "A voter that forgot in a crash that it heard from a leader helps to elect another while leases run.",
    ),
    Bug(
        "learner-stands",
        f"{RAFT}.member",
        "return self.is_voter and not",
        "return self.node in self.membership.members and not",
        "raft learner",
        "A learner has no vote to give itself.",
    ),
)
