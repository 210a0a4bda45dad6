"""What a node's log says of its cluster: one line per change, with constant texts and the facts as fields.

Not here: what is said of failures, which is logged where they happen.
"""

import logging

from apps.cluster.core.ids import NO_NODE, node_name
from apps.cluster.core.node import View

logger = logging.getLogger("apps.cluster")


class Journal:
    """Compares each view with the one before."""

    def __init__(self) -> None:
        self._before: View | None = None

    def note(self, view: View) -> None:
        """Log what is different."""
        before, self._before = self._before, view
        facts = {"node": node_name(view.node), "cluster": view.cluster_id, "term": view.term, "index": view.index}
        if before is None:
            logger.info("belongs to a cluster", extra=facts)
            before = view
        if (before.role, before.leader) != (view.role, view.leader):
            who = {"role": view.role.name, "leader": node_name(view.leader)}
            logger.info("leadership changed", extra={**facts, **who})
        if before.membership != view.membership:
            voters, learners = (
                [*map(node_name, nodes)] for nodes in (view.membership.voters, view.membership.learners)
            )
            logger.info("membership changed", extra={**facts, "voters": voters, "learners": learners})
        if before.table is not view.table:
            slots = {node_name(node): count for node, count in sorted(view.table.counts.items())}
            level = logging.INFO if self._concerns_operators(view) else logging.DEBUG
            logger.log(level, "slots changed", extra={**facts, "epoch": view.table.epoch, "slots": slots})
        for node, status in view.statuses.items():
            if before.statuses.get(node) is not status:
                logger.info(
                    "node is seen differently", extra={**facts, "peer": node_name(node), "status": status.value}
                )

    @staticmethod
    def _concerns_operators(view: View) -> bool:
        """Slots move in many steps, and every node sees all of them: one node tells what each step has come to."""
        return view.leader == view.node and not view.table.count_of(NO_NODE)
