"""Directories whose latest run ended, or stands, in some way: older runs are history."""

from django.db.models import Exists, OuterRef, QuerySet

from apps.identity.models import DirectoryRun


def latest_runs(*states: DirectoryRun.State) -> QuerySet[DirectoryRun]:
    """Return the runs in one of these states after which their directories had no other. Unordered."""
    rows = DirectoryRun.unscoped.all()
    later = rows.filter(connection_id=OuterRef("connection_id"), created_at__gt=OuterRef("created_at"))
    return rows.filter(~Exists(later), state__in=states)
