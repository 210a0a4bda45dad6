"""What the leader proposes, from the decided state and from evidence."""

from apps.cluster.core.reconcile.config import ReconcileConfig
from apps.cluster.core.reconcile.evidence import Action, ChangeMembership, Evidence, Propose, Transfer
from apps.cluster.core.reconcile.reconciler import Reconciler

__all__ = [
    "Action",
    "ChangeMembership",
    "Evidence",
    "Propose",
    "ReconcileConfig",
    "Reconciler",
    "Transfer",
]
