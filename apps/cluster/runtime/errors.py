"""What may go wrong when something is asked of the cluster."""

from typing import ClassVar, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError

REASONS: Final[dict[str, Promise]] = {
    "no_cluster": _("this node belongs to no cluster yet"),
    "no_leader": _("there is no leader"),
    "busy": _("too much waits already"),
    "transferring": _("the leader is handing over its office"),
    "timeout": _("there was no answer in time"),
    "unknown": _("nobody knows whether it was done"),
    "stopped": _("this node is stopping"),
    "too_early": _("not every node has been upgraded"),
    "change_pending": _("another change of members is under way"),
    "lagging": _("that node is too far behind"),
    "impossible": _("that node cannot do this"),
    "unknown_member": _("that node is no member"),
    "removed": _("that node was removed for good"),
    "last_member": _("no node would be left that is to stay"),
    "stale": _("what it was decided on has changed"),
    "leases_full": _("there are too many leases"),
    "members_full": _("there are too many members"),
}
"""Words for what people meet of the codes of refusals; others are shown as they are."""


class _Reasoned(ImError):
    """`reason` is a code; people read it in words."""

    message: ClassVar[str | Promise] = "%(reason)s"

    @property
    def text(self) -> str:
        """The message in the active language, with the reason in words."""
        reason = str(self.fields.get("reason", ""))
        return str(self.message) % {**self.fields, "reason": str(REASONS.get(reason, reason))}


class ClusterUnavailable(_Reasoned):
    """No majority, no leader, or too much to do: nothing was decided, or nobody knows whether it was."""

    code = "cluster_unavailable"
    status = 503
    message = _("The cluster cannot decide this right now (%(reason)s); try again in a moment.")
    retryable = True
    retry_after_ms = 1000


class ClusterRefused(_Reasoned):
    """The cluster has decided against it; asking again does not help."""

    code = "cluster_refused"
    status = 409
    message = _("The cluster refused this: %(reason)s.")


class LeaseHeld(ImError):
    """Somebody else holds the lease on this key."""

    code = "lease_held"
    status = 409
    message = _("Somebody else holds the lease on %(key)s.")


class LeaseLost(ImError):
    """The lease has run out or was given back; what it guarded may be somebody else's by now."""

    code = "lease_lost"
    status = 409
    message = _("The lease on %(key)s is lost.")


class MemberUnknown(ImError):
    """No member has this name or id, or several have the name."""

    code = "member_unknown"
    status = 404
    message = _("No member of the cluster is called %(node)s; take a name or an id from the list of members.")


class NotLeader(ImError):
    """Only the leader can do this; `leader` is where it answers, empty while there is none."""

    code = "not_leader"
    status = 409
    message = _("Only the leader (%(leader)s) can do this.")
