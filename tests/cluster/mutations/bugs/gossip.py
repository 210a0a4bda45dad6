"""Bugs about who is there."""

from tests.cluster.mutations.planting import Bug

GOSSIP = "apps.cluster.core.gossip"

GOSSIPS = (
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
