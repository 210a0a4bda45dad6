"""The page of periodic jobs, for those who run the installation: looked at, and asked for at once.

How a job looks is the jobs app's (`apps.jobs.admin`), which lies below this one and knows nothing of powers.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.admin.scoped import ScopedReadOnlyAdmin
from apps.access.units import JOBS_RUN, JOBS_VIEW
from apps.jobs.admin import JobPage
from apps.jobs.models import Job
from apps.jobs.services import ask_for


@admin.register(Job)
class JobAdmin(ScopedReadOnlyAdmin[Job], JobPage):
    """What the installation does by itself, and when."""

    view_unit = JOBS_VIEW
    switch_unit = JOBS_RUN
    actions = ("run_now",)

    @admin.action(description=_("Run now"), permissions=["switch"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Have the chosen ones run as soon as a node looks; those under way are said."""
        asker: Any = request.user  # the admin lets in nobody who is not signed in
        rows = self.chosen(request, queryset, JOBS_RUN)
        count = self.each(request, rows, lambda job: ask_for(asker, name=job.name))
        text = ngettext("%(count)d job will run within seconds.", "%(count)d jobs will run within seconds.", count) % {
            "count": count
        }
        if count:
            self.message_user(request, text, messages.SUCCESS)
