"""Why a run stops, or would: in words, from what it lets vanish and what may."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.identity.errors import DirectoryUnset
from apps.identity.models import DirectoryRun
from apps.identity.services.directories.runs import bounds_of, settings_of
from apps.identity.syncing.safety import Vanishing


def stop_of(run: DirectoryRun) -> str:
    """Return why a run needs a yes of its own for what vanishes by it, by the bounds of now; "" where it needs none."""
    if not run.vanishing:
        return ""
    lost = Vanishing(**run.vanishing)
    try:
        bounds = bounds_of(settings_of(run.connection))
    except DirectoryUnset:
        return ""
    if not lost.exceeds(bounds):
        return ""
    counts = {"people": lost.people, "of_people": lost.of_people}
    people = ngettext(
        "%(people)d of %(of_people)d person would be deactivated",
        "%(people)d of %(of_people)d people would be deactivated",
        lost.of_people,
    )
    counts |= {"departments": lost.departments, "of_departments": lost.of_departments}
    departments = ngettext(
        "%(departments)d of %(of_departments)d department deleted",
        "%(departments)d of %(of_departments)d departments deleted",
        lost.of_departments,
    )
    may = _("by itself a run may lose %(count)d, %(percent)d percent, and never all") % {
        "count": bounds.count,
        "percent": bounds.percent,
    }
    return f"{people % counts}, {departments % counts}; {may}."
