"""The bugs. Each was made by somebody, somewhere, or is the obvious slip at its place."""

from tests.cluster.mutations.planting import Bug

RAFT = "apps.cluster.core.raft"
GOSSIP = "apps.cluster.core.gossip"
STATE = "apps.cluster.core.state"
RECONCILE = "apps.cluster.core.reconcile"
NODE = "apps.cluster.core.node"
ROUTING = "apps.cluster.core.routing"

ELECTIONS = (
    Bug(
        "vote-not-saved",
        f"{RAFT}.machine",
        "(member.term, member.vote) != (member.saved.term, member.saved.vote)",
        "member.term != member.saved.term",
        "?",
        "A vote that is not on the disk before it is told is given twice after a crash.",
    ),
    Bug(
        "two-votes-in-a-term",
        f"{RAFT}.election",
        "free = member.vote == sender or (member.vote == NO_NODE and member.leader == NO_NODE)",
        "free = True",
        "?",
        "Raft §5.2: one vote in a term.",
    ),
    Bug(
        "shorter-log-elected",
        f"{RAFT}.election",
        "granted = free and member.log.is_reached_by(request.last_index, request.last_term)",
        "granted = free",
        "?",
        "Raft §5.4.1: who lacks decided entries must not lead.",
    ),
    Bug(
        "no-pre-vote",
        f"{RAFT}.election",
        "return self._ask_before(now_ms)",
        "return self.stand(now_ms, forced=False)",
        "?",
        "A node that was cut off deposes a leader that everybody else hears (thesis §9.6).",
    ),
    Bug(
        "no-check-quorum",
        f"{RAFT}.office",
        "if not self._has_majority(now_ms):",
        "if False:",
        "?",
        "A leader that reaches nobody goes on as one (Cloudflare 2020).",
    ),
    Bug(
        "vote-beside-a-leader",
        f"{RAFT}.protocol",
        "not message.force and member.withholds(now_ms):",
        "False:",
        "?",
        "Leases of a leader still run when the next one is elected.",
    ),
    Bug(
        "vote-at-once-after-a-start",
        f"{RAFT}.member",
        'self.heard_ms = now_ms\n        """When this node last heard',
        'self.heard_ms = now_ms - config.election_ms\n        """When this node last heard',
        "?",
        "A voter that forgot in a crash that it heard from a leader helps to elect another while leases run.",
    ),
    Bug(
        "learner-stands",
        f"{RAFT}.member",
        "return self.is_voter and not",
        "return self.node in self.membership.members and not",
        "?",
        "A learner has no vote to give itself.",
    ),
)

REPLICATION = (
    Bug(
        "old-term-counted",
        f"{RAFT}.replication",
        "if index <= log.commit or index < self.first_own:",
        "if index <= log.commit:",
        "?",
        "Raft §5.4.2, Figure 8: an entry of an earlier term is not decided by counting.",
    ),
    Bug(
        "own-entry-counted-unsaved",
        f"{RAFT}.replication",
        "return self._member.log.stable if node == self._member.node else",
        "return self._member.log.last_index if node == self._member.node else",
        "?",
        "A leader counts itself for what its own disk does not have yet.",
    ),
    Bug(
        "learner-counted",
        f"{RAFT}.replication",
        "index = reached(self.match_of(voter) for voter in member.membership.voters)",
        "index = reached(self.match_of(voter) for voter in member.membership.members)",
        "?",
        "Learners do not decide.",
    ),
    Bug(
        "heartbeat-commit-not-clamped",
        f"{RAFT}.office",
        "commit = min(progress.match, log.commit)",
        "commit = log.commit",
        "?",
        "A member commits what happens to lie at that index in its own log.",
    ),
    Bug(
        "commit-past-the-compared",
        f"{RAFT}.follower",
        "log.commit_to(min(message.commit, last))",
        "log.commit_to(min(message.commit, log.last_index))",
        "?",
        "A member commits its own tail, which nobody has compared.",
    ),
    Bug(
        "place-before-not-compared",
        f"{RAFT}.follower",
        "if log.term_at(message.prev_index) != message.prev_term:",
        "if message.prev_index > log.last_index:",
        "?",
        "Raft §5.3: logs that differ before an append grow on as if they were the same.",
    ),
    Bug(
        "old-append-cuts-the-log",
        f"{RAFT}.log",
        "if self.term_at(entry.index) != entry.term:",
        "if entry.index > self.commit:",
        "?",
        "A late, older append takes away what came after it.",
    ),
    Bug(
        "snapshot-rolls-back",
        f"{RAFT}.follower",
        "if snapshot.index <= log.commit:",
        "if snapshot.index < log.first_index:",
        "?",
        "A late snapshot takes back what was decided since.",
    ),
    Bug(
        "two-changes-at-once",
        f"{RAFT}.office",
        "if self.change_pending or not self.replication.settled:",
        "if not self.replication.settled:",
        "?",
        "Thesis §4.1: two steps at once have majorities that do not meet.",
    ),
    Bug(
        "change-before-own-entry",
        f"{RAFT}.office",
        "if self.change_pending or not self.replication.settled:",
        "if self._change_index > max(self._member.log.applied, self.replication.first_own - 1):",
        "?",
        "The single-server bug of 2015: a change before an entry of the own term is decided.",
    ),
    Bug(
        "time-runs-back",
        f"{RAFT}.office",
        "time_ms = max(log.last_time_ms, self._clock_ms + now_ms)",
        "time_ms = now_ms",
        "?",
        "Every node's clock begins somewhere else: leases would end, or never.",
    ),
    Bug(
        "read-of-a-deposed-leader",
        f"{RAFT}.reads",
        "if number < self._round:",
        "if False:",
        "?",
        "Thesis §6.4: a read is answered only when a majority has said that nobody else leads.",
    ),
    Bug(
        "read-before-own-entry",
        f"{RAFT}.office",
        "if self.replication.settled:\n            self._reads.began",
        "if True:\n            self._reads.began",
        "?",
        "A new leader does not know yet what its predecessors have decided.",
    ),
)

LEASES = (
    Bug(
        "lease-unproved",
        f"{RAFT}.office",
        "number, leases.granted_to(node), log.last_index, commit)",
        "number, leases.answer_of(node), log.last_index, commit)",
        "?",
        "A leader that may have been deposed meanwhile grants what it was answered last.",
    ),
    Bug(
        "lease-from-the-newest-answer",
        f"{RAFT}.lease",
        "self._grants.append(Granted(self._answers[0][1] + self._lease_ms, fence))",
        "self._grants.append(Granted(self._answers[-1][1] + self._lease_ms, fence))",
        "?",
        "A lease that begins when the grant comes, not when the answer was sent, outlives the promise it rests on.",
    ),
    Bug(
        "lease-fence-ignored",
        f"{RAFT}.lease",
        "if grant.fence <= applied]",
        "if grant.fence <= applied + (1 << 62)]",
        "?",
        "A node that was cut off serves slots that it lost meanwhile.",
    ),
    Bug(
        "no-wait-after-a-forced-election",
        f"{RAFT}.lease",
        "self._first_bound_ms = now_ms + wait_ms if forced else now_ms",
        "self._first_bound_ms = now_ms",
        "?",
        "After a transfer the leases of the leader before still run.",
    ),
    Bug(
        "lease-bound-from-the-grant-forgotten",
        f"{RAFT}.lease",
        "max(self._first_bound_ms, granted[1] + self._wait_ms)",
        "max(self._first_bound_ms, granted[1])",
        "?",
        "The leader gives slots away while their owner's lease runs.",
    ),
)

GOSSIP_BUGS = (
    Bug(
        "no-refutation",
        f"{GOSSIP}.beliefs",
        "        self.queue.add(self.testimony())\n\n    def _part_from",
        "        pass\n\n    def _part_from",
        "gossip false_suspicion",
        "A node that is suspected wrongly must be able to say so.",
    ),
    Bug(
        "incarnation-not-raised",
        f"{GOSSIP}.beliefs",
        "incarnation=min(incarnation + 1, INCARNATION_MAX)))",
        "incarnation=incarnation))",
        "gossip false_suspicion",
        "A refutation in the same incarnation loses against the suspicion.",
    ),
    Bug(
        "old-news-raise-the-dead",
        f"{GOSSIP}.roster",
        "return -1 if peer.status in LIVING else peer.accused",
        "return -1",
        "gossip old_news",
        "News from before a death are not news of a resurrection (memberlist #311 the other way round).",
    ),
    Bug(
        "suspicion-never-ends",
        f"{GOSSIP}.suspicion",
        "if node in self._of and self._of[node].deadline_ms <= now_ms:",
        "if False:",
        "gossip crash",
        "A dead node stays suspected for ever.",
    ),
    Bug(
        "no-indirect-probe",
        f"{GOSSIP}.probing",
        "self._config.indirect_probes)",
        "0)",
        "gossip indirect_probe_saves",
        "One bad link is taken for a dead node.",
    ),
    Bug(
        "sleeper-blames-others",
        f"{GOSSIP}.machine",
        "if lost_ms > self._config.probe_interval_ms:",
        "if False:",
        "gossip stopped_node",
        "A node that was stopped takes its own silence for that of the others.",
    ),
)

DECISIONS = (
    Bug(
        "request-applied-twice",
        f"{STATE}.machine",
        "if envelope.request <= self._requests.get(envelope.origin, 0):",
        "if False:",
        "?",
        "A proposal that was tried again takes effect a second time (thesis §6.3).",
    ),
    Bug(
        "assigned-over-an-owner",
        f"{STATE}.machine",
        "if any(part.owner != NO_NODE or part.epoch > command.expected_epoch for part in parts):",
        "if any(part.epoch > command.expected_epoch for part in parts):",
        "?",
        "Slots change hands in one step: two nodes serve between the moments at which they apply it.",
    ),
    Bug(
        "stale-decision-accepted",
        f"{STATE}.machine",
        "if any(part.owner != NO_NODE or part.epoch > command.expected_epoch for part in parts):",
        "if any(part.owner != NO_NODE for part in parts):",
        "?",
        "What was decided on an older table gives away a slot whose last owner may still serve it.",
    ),
    Bug(
        "lease-given-twice",
        f"{STATE}.machine",
        "return lease if again else Code.LEASE_HELD",
        "return lease",
        "?",
        "Two nodes run the same job.",
    ),
    Bug(
        "token-does-not-grow",
        f"{STATE}.machine",
        "Lease(command.key, command.holder, self.index, expires_ms, command.nonce)",
        "Lease(command.key, command.holder, 1 + self.index % 8, expires_ms, command.nonce)",
        "?",
        "Jepsen on etcd: a lock without a growing token protects nothing.",
    ),
    Bug(
        "assigned-before-released",
        f"{RECONCILE}.allotment",
        "if part.previous == NO_NODE:",
        "if True:",
        "?",
        "The last owner has not heard yet that it no longer is one.",
    ),
    Bug(
        "release-seen-before-it-is-in-force",
        f"{RECONCILE}.allotment",
        "contact.applied >= part.epoch or",
        "contact.match >= part.epoch or",
        "?",
        "A release in the last owner's log is not yet one in its table.",
    ),
    Bug(
        "quorum-shrinks",
        f"{RECONCILE}.electorate",
        "SMALLEST_SAFE = 3",
        "SMALLEST_SAFE = 1",
        "?",
        "Consul #5922: cleaning up after the dead costs the quorum.",
    ),
    Bug(
        "majority-of-the-dead",
        f"{RECONCILE}.electorate",
        "return sum(alive) > len(alive) // 2",
        "return True",
        "?",
        "Consul #8118: a step that leaves a majority that is not alive.",
    ),
    Bug(
        "flapping-node-served",
        f"{RECONCILE}.allotment",
        "if owns or presence.stable(node):",
        "if True:",
        "?",
        "A node that comes and goes takes slots with it each time.",
    ),
    Bug(
        "planner-ignores-its-limit",
        "apps.cluster.core.slots.planner",
        "taken = min(surplus[node], allowance)",
        "taken = surplus[node]",
        "?",
        "Everything moves at once.",
    ),
)

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
        "?",
        "Persist, then send: what was said before it was saved is forgotten in a crash.",
    ),
    Bug(
        "data-plane-not-waited-for",
        f"{NODE}.member",
        "if not self._config.confirms:",
        "if True:",
        "?",
        "The session loop still serves by the old table when the slot is given away.",
    ),
    Bug(
        "decision-tried-again",
        f"{NODE}.member",
        "                lambda command: self._enact(command, now_ms),",
        "                lambda command: self.propose(command, now_ms),",
        "?",
        "A leader's decision is appended later, by another leader, when what it rests on no longer holds.",
    ),
    Bug(
        "promised-twice",
        f"{NODE}.formation",
        "if self.claim is None and fits:",
        "if fits:",
        "?",
        "Two clusters are formed with the same node.",
    ),
    Bug(
        "founded-without-all",
        f"{NODE}.formation",
        "self.complete = len(self._promised) == len(self.claim.voters)",
        "self.complete = len(self._promised) > 1",
        "?",
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
        "?",
        "A promise that a crash makes forgotten is given a second time.",
    ),
    Bug(
        "foreign-log-accepted",
        f"{NODE}.machine",
        "if self.member is None or envelope.cluster_id != self.identity.cluster_id:",
        "if self.member is None:",
        "?",
        "Messages of another cluster's log end up in this one.",
    ),
)

PATHS = (
    Bug(
        "served-without-lease",
        f"{ROUTING}.switch",
        "if now_ms < self.serving_until_ms:\n                self._serve(",
        "if True:\n                self._serve(",
        "?",
        "A node whose lease has run out tells only those it knows of; the new owner's members miss it.",
    ),
    Bug(
        "young-owner-trusts-its-list",
        f"{ROUTING}.interest",
        "return self._complete < slot_epoch or group in",
        "return group in",
        "?",
        "A new owner that has not heard from everybody tells too few.",
    ),
    Bug(
        "stale-owner-believed",
        f"{ROUTING}.switch",
        "if frame.epoch < self.epoch:",
        "if False:",
        "?",
        "An owner that does not know yet that it lost the slot delivers beside the new one.",
    ),
    Bug(
        "older-table-routes-on",
        f"{ROUTING}.switch",
        "return peer if peer is not None and peer.up and frame.epoch <= self.epoch else None",
        "return peer if peer is not None and peer.up else None",
        "?",
        "A message goes back by an older table until its hops run out.",
    ),
    Bug(
        "lost-link-unnoticed",
        f"{ROUTING}.router",
        "        self._miss_all_from(peer, now_ms)\n        if not peer.member:\n            del",
        "        if not peer.member:\n            del",
        "?",
        "What a broken link swallowed is missed by nobody.",
    ),
    Bug(
        "torn-record-accepted",
        "apps.cluster.runtime.wal",
        "return end if checksum == _checksum(size, sequence, body) else None",
        "return end",
        "?",
        "A record whose end was never written is taken for whole.",
    ),
    Bug(
        "write-not-forced",
        "apps.cluster.runtime.disk",
        "?",
        "?",
        "?",
        "What was acknowledged is lost when the power fails.",
    ),
)

BUGS: tuple[Bug, ...] = ELECTIONS + REPLICATION + LEASES + GOSSIP_BUGS + DECISIONS + NODES + PATHS
