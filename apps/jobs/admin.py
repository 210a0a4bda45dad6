"""How jobs look at the admin. Who may see them, and ask for one, is decided above this app (`apps.access.admin`)."""

from typing import Final

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ReadOnlyAdmin, display
from apps.jobs.models import Job

_COLOURS: Final = {
    "never": "",
    "done": "success",
    "running": "info",
    "failed": "danger",
    "overran": "danger",
    "lost": "warning",
    "interrupted": "warning",
}


class JobPage(ReadOnlyAdmin[Job]):
    """Columns, filters and fields of the list and the page."""

    list_display = ("shown_title", "shown_outcome", "code", "done", "started_at", "due_at", "node")
    list_filter = ("outcome",)
    search_fields = ("name", "code", "node")
    search_help_text = _("A name, an error or a node")
    ordering = ("name",)
    fields = (
        "shown_title",
        "name",
        "outcome",
        "code",
        "done",
        "failures",
        "fence",
        "node",
        "ran_due_at",
        "started_at",
        "finished_at",
        "due_at",
    )
    readonly_fields = ("shown_title",)

    @admin.display(description=_("job"), ordering="name")
    def shown_title(self, obj: Job) -> str:
        """What people call it."""
        return obj.title

    @display(description=_("outcome"), ordering="outcome", label=_COLOURS)
    def shown_outcome(self, obj: Job) -> tuple[str, str]:
        """What became of the last run, as a coloured label."""
        return obj.outcome or "never", obj.get_outcome_display()
