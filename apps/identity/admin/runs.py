"""The pages of directory runs: what one would do, has done, or why it did nothing; and saying yes to it."""

from collections import defaultdict
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.admin import ScopedReadOnlyAdmin, WithinFilter, covers
from apps.accounts.admin import acting
from apps.common.admin import display
from apps.common.errors import ImError
from apps.identity.admin.deeds import page_of, page_of_run
from apps.identity.models import DirectoryRun
from apps.identity.services.directories.claims import GOING, is_at_work
from apps.identity.services.directories.ordering import order_shown
from apps.identity.services.directories.runs import CONFIRMABLE
from apps.identity.services.directories.stopping import stop_of
from apps.identity.services.directories.texts import FINDINGS, STEPS, run_trouble_text, told_change
from apps.identity.units import CONNECTIONS_CHANGE, CONNECTIONS_VIEW

SHOWN: Final = 20
"""Of each kind of change, the first; of the others the number."""
FINDINGS_SHOWN: Final = 100


@admin.register(DirectoryRun)
class DirectoryRunAdmin(ScopedReadOnlyAdmin[DirectoryRun]):
    """Runs, the newest first."""

    view_unit = CONNECTIONS_VIEW
    list_display = ("created_at", "connection", "state", "started_by", "summary")
    list_display_links = ("created_at",)
    list_filter = (("connection", WithinFilter), "state")
    list_select_related = ("connection",)
    search_fields = ("connection__name", "started_by")
    ordering = ("-created_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DirectoryRun]:
        """Without what only one run's own page shows: it may be long."""
        return super().get_queryset(request).defer("changes", "findings")

    @display(description=gettext_lazy("changes"))
    def summary(self, obj: DirectoryRun) -> str:
        """How many of what."""
        return summary_of(obj)

    def get_urls(self) -> list[Any]:
        """One more: yes to what a run shows."""
        apply = self.admin_site.admin_view(self.apply_view)
        return [path("<path:object_id>/apply/", apply, name="identity_directoryrun_apply"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a run; nothing of it is changed here."""
        run = self._found(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        may_change = covers(request, run, CONNECTIONS_CHANGE)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **told_run(run, may_change=may_change)}
        return TemplateResponse(request, "admin/identity/run.html", {**context, **(extra_context or {})})

    def apply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin to do exactly what a run shows; asked by a form on its page."""
        run = self._found(request, object_id)
        if request.method != "POST":
            raise Http404
        if not covers(request, run, CONNECTIONS_CHANGE):
            raise PermissionDenied
        accepts = bool(request.POST.get("accepts_losses"))
        try:
            made = order_shown(acting(request), run_id=run.pk, accepts_losses=accepts, now=timezone.now())
        except ImError as error:
            messages.error(request, error.text)
            return HttpResponseRedirect(page_of_run(run))
        return HttpResponseRedirect(page_of_run(made))

    def _found(self, request: HttpRequest, object_id: str) -> DirectoryRun:
        run: DirectoryRun | None = self.get_object(request, object_id)
        if run is None:
            raise Http404
        return run


def summary_of(run: DirectoryRun) -> str:
    """Return how many changes of each kind, or why there are none."""
    if run.trouble:
        return run_trouble_text(run.trouble, "")
    counts = [f"{text}: {run.counts[kind]}" for kind, text in STEPS.items() if run.counts.get(kind)]
    return ", ".join(counts) or _("none")


def told_run(run: DirectoryRun, *, may_change: bool) -> dict[str, Any]:
    """Return what the page of a run shows. Two queries for one that goes on, one for another."""
    is_going = is_at_work(run, now=timezone.now())
    if run.state in GOING and not is_going:
        run.refresh_from_db()  # it may have ended between the two looks, and then it says how
    trouble = "broken_off" if run.state in GOING and not is_going else run.trouble
    rows = defaultdict[str, list[tuple[str, str]]](list)
    for what, subject, detail in map(told_change, run.changes):
        if len(rows[what]) < SHOWN:
            rows[what].append((subject, detail))
    stop = stop_of(run) if run.state in CONFIRMABLE else ""
    return {
        "title": _("Run of %(name)s") % {"name": run.connection.name},
        "run": run,
        "is_going": is_going,
        "trouble": run_trouble_text(trouble, run.detail),
        "groups": [
            (str(text), run.counts[kind], rows[str(text)]) for kind, text in STEPS.items() if run.counts.get(kind)
        ],
        "findings": [
            (str(FINDINGS.get(code, code)), subject, detail) for code, subject, detail in run.findings[:FINDINGS_SHOWN]
        ],
        "findings_total": len(run.findings),
        "stop": stop,
        "steps": sum(run.counts.values()),
        "apply": _apply_address(run) if may_change else "",
        "back": page_of(run.connection),
    }


def _apply_address(run: DirectoryRun) -> str:
    """Where to say yes, if there is anything to say yes to."""
    is_open = run.state in CONFIRMABLE and run.digest and run.counts
    return reverse("admin:identity_directoryrun_apply", args=[run.pk]) if is_open else ""
