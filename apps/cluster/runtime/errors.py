"""What may go wrong when something is asked of the cluster."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError


class ClusterUnavailable(ImError):
    """No majority, no leader, or too much to do: nothing was decided, or nobody knows whether it was."""

    code = "cluster_unavailable"
    status = 503
    message = _("The cluster cannot decide this right now (%(reason)s); try again in a moment.")
    retryable = True
    retry_after_ms = 1000


class ClusterRefused(ImError):
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
