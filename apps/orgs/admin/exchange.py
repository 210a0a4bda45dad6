"""The pages of lists: departments and people as files, in and out.

A file is previewed when it is sent and changes nothing until it is applied; applying goes part by part, a few seconds
per request, and the page's script asks for the next ones. Whom it may concern is the services' decision.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.access.admin import has_unit, powers_at
from apps.access.errors import NotPermitted
from apps.access.policies import Powers
from apps.access.scopes import SYSTEM, Level, organisation_scope
from apps.access.units import Unit
from apps.accounts.admin import acting
from apps.common.downloads import MAX_UPLOAD_BYTES, answer_file
from apps.orgs.errors import (
    FileRefused,
    ImportBusy,
    ImportDone,
    ImportNotFound,
    ImportsFull,
    ImportUnreadable,
    OrganisationNotFound,
)
from apps.orgs.exchange.columns import COLUMNS, Kind
from apps.orgs.exchange.exports import empty_table, export_organisation
from apps.orgs.exchange.imports import (
    apply_part,
    begin_import,
    discard_import,
    get_import,
    list_imports,
    told_finding,
    told_step,
)
from apps.orgs.exchange.texts import STEP_TEXTS, title_of
from apps.orgs.exchange.writing import MEDIA_TYPES, Format
from apps.orgs.models import Import, Organisation
from apps.orgs.units import EXCHANGE_EXPORT, EXCHANGE_IMPORT

ORGANISATIONS_OFFERED: Final = 200
"""Of those within reach, in a list to choose from; the page of any other one leads here by its address."""
IMPORTS_SHOWN: Final = 20
"""Of an organisation, the latest; the REST API pages through all."""
STEPS_SHOWN: Final = 200
"""Of a preview and of its findings each, the first by line, so that the page stays readable; of the rest the number."""
APPLYING_S: Final = 5.0
"""How long one request goes on with the next parts of an import; then the page asks again."""

FORMATS: Final[Mapping[str, Format]] = {"csv": "csv", "xlsx": "xlsx"}
KINDS: Final[Mapping[str, Kind]] = {"departments": "departments", "people": "people"}

View = Callable[..., HttpResponseBase]


class UploadForm(forms.Form):
    """A file and what it lists."""

    use_required_attribute = False
    kind = forms.ChoiceField(choices=Import.Kind.choices)
    file = forms.FileField(
        max_length=200, widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx,text/csv", "id": "lists-file"})
    )

    def clean_file(self) -> Any:
        """Refuse what no request may carry, before it is read."""
        sent = self.cleaned_data["file"]
        if sent.size > MAX_UPLOAD_BYTES:
            text = gettext_lazy("The file has more than %(limit)d bytes; use the command line for it.")
            raise forms.ValidationError(text, params={"limit": MAX_UPLOAD_BYTES})
        return sent


def _guarded(view: View) -> View:
    """Let in who may import or export anywhere. What is not within reach is not there."""

    def checked(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if not has_unit(request, EXCHANGE_IMPORT) and not has_unit(request, EXCHANGE_EXPORT):
            raise PermissionDenied
        try:
            return view(request, **arguments)
        except (OrganisationNotFound, ImportNotFound) as error:
            raise Http404 from error
        except NotPermitted as error:
            raise PermissionDenied(error.text) from error

    guarded: View = admin.site.admin_view(never_cache(checked))
    return guarded


@require_http_methods(["GET", "POST"])
def show_lists(request: HttpRequest) -> HttpResponse:
    """The first page: send a file, fetch one, and what was sent lately. POST takes a file and leads to its preview."""
    organisation = _chosen(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and organisation is not None and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            source = begin_import(
                acting(request),
                organisation_id=organisation.pk,
                kind=KINDS[form.cleaned_data["kind"]],
                data=sent.read(),
                name=sent.name,
                now=timezone.now(),
            )
        except (FileRefused, ImportsFull) as error:
            form.add_error(None, error.text)
        else:
            return HttpResponseRedirect(reverse("orgs_exchange:import", args=[source.pk]))
    return TemplateResponse(request, "admin/orgs/exchange.html", _lists_context(request, organisation, form))


@require_GET
def show_import(request: HttpRequest, source: UUID) -> HttpResponse:
    """What a file would do, row by row, or has done."""
    found = get_import(acting(request), powers_at(request), source)
    is_going = found.state == Import.State.APPLYING and "going" in request.GET
    context = {
        **admin.site.each_context(request),
        "title": _("Import of %(name)s") % {"name": found.name or found.get_kind_display()},
        "source": found,
        "is_going": is_going,
        "planned": _counted(found.planned),
        "done": _counted(found.done),
        "steps": [_worded(raw) for raw in found.steps[:STEPS_SHOWN]],
        "steps_total": sum(found.planned.get(name, 0) for name in STEP_TEXTS if name not in {"unchanged", "refused"}),
        "findings": [_found(found, raw) for raw in found.findings[:STEPS_SHOWN]],
        "failures": [_found(found, raw) for raw in found.failures[:STEPS_SHOWN]],
        "back": reverse("orgs_exchange:overview", query={"organisation": str(found.organisation_id)}),
    }
    return TemplateResponse(request, "admin/orgs/import.html", context)


@require_POST
def apply(request: HttpRequest, source: UUID) -> HttpResponse:
    """Go on with an import for a few seconds."""
    deadline = time.monotonic() + APPLYING_S
    try:
        found = apply_part(acting(request), import_id=source, now=timezone.now())
        while found.state != Import.State.APPLIED and time.monotonic() < deadline:
            found = apply_part(acting(request), import_id=source, now=timezone.now())
    except (ImportBusy, ImportUnreadable) as error:
        messages.warning(request, error.text)
        return HttpResponseRedirect(reverse("orgs_exchange:import", args=[source]))
    return HttpResponseRedirect(reverse("orgs_exchange:import", args=[source], query={"going": "1"}))


@require_POST
def discard(request: HttpRequest, source: UUID) -> HttpResponse:
    """Throw an import away that is not begun."""
    organisation_id = get_import(acting(request), powers_at(request), source).organisation_id
    try:
        discard_import(acting(request), import_id=source, now=timezone.now())
    except ImportDone as error:
        messages.warning(request, error.text)
        return HttpResponseRedirect(reverse("orgs_exchange:import", args=[source]))
    messages.success(request, _("The import is thrown away; nothing was changed."))
    return HttpResponseRedirect(reverse("orgs_exchange:overview", query={"organisation": str(organisation_id)}))


@require_GET
def send_export(request: HttpRequest, organisation: UUID, kind: str, form: str) -> HttpResponseBase:
    """A file of what lies within one's scopes, which an import takes back."""
    now = timezone.now()
    chunks = export_organisation(
        acting(request), organisation_id=organisation, kind=_known(KINDS, kind), form=_known(FORMATS, form), now=now
    )
    return answer_file(chunks, name=f"{kind}-{now:%Y%m%d}.{form}", media_type=MEDIA_TYPES[FORMATS[form]])


@require_GET
def send_template(request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
    """An empty file with all the columns, in one's language."""
    chunks = empty_table(_known(KINDS, kind), _known(FORMATS, form))
    return answer_file(chunks, name=f"{kind}.{form}", media_type=MEDIA_TYPES[FORMATS[form]])


def _known(table: Mapping[str, Any], name: str) -> Any:
    if name not in table:
        raise Http404
    return table[name]


def _lists_context(request: HttpRequest, organisation: Organisation | None, form: UploadForm) -> dict[str, Any]:
    powers = powers_at(request)
    may_import = organisation is not None and _reaches(powers, EXCHANGE_IMPORT, organisation)
    imports: QuerySet[Import] | tuple[()] = ()
    if organisation is not None and may_import:
        imports = list_imports(acting(request), powers, organisation.pk).select_related("created_by")[:IMPORTS_SHOWN]
    return {
        **admin.site.each_context(request),
        "title": _("Import and export"),
        "organisation": organisation,
        "organisations": _reachable(powers)[:ORGANISATIONS_OFFERED],
        "form": form,
        "may_import": may_import,
        "may_export": organisation is not None and _reaches(powers, EXCHANGE_EXPORT, organisation),
        "kinds": [
            {"key": key, "label": label, "columns": [title_of(column) for column in COLUMNS[KINDS[key]]]}
            for key, label in Import.Kind.choices
        ],
        "imports": imports,
    }


def _chosen(request: HttpRequest) -> Organisation | None:
    """The organisation that the address names, else the only one within reach."""
    powers, named = powers_at(request), request.GET.get("organisation", "")
    if not named:
        first = list(_reachable(powers)[:2])
        return first[0] if len(first) == 1 else None
    try:
        found = _reachable(powers).filter(pk=UUID(named)).first()
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def _reachable(powers: Powers) -> QuerySet[Organisation]:
    """Return the organisations in which one may import or export anything."""
    scopes = {scope for unit in (EXCHANGE_IMPORT, EXCHANGE_EXPORT) for scope in powers.scopes(unit)}
    rows = Organisation.unscoped.select_related("tenant").order_by("tenant__slug", "sort", "name", "id")
    if SYSTEM in scopes:
        return rows
    tenants = [scope.tenant_id for scope in scopes if scope.level is Level.TENANT]
    within = [scope.organisation_id for scope in scopes if scope.level > Level.TENANT]
    return rows.filter(Q(tenant_id__in=tenants) | Q(pk__in=within))


def _reaches(powers: Powers, unit: Unit, organisation: Organisation) -> bool:
    return powers.reaches(unit, organisation_scope(organisation.tenant_id, organisation.pk))


def _counted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(str(text), counts[name]) for name, text in STEP_TEXTS.items() if counts.get(name)]


def _worded(raw: list[object]) -> tuple[int, str, str, str]:
    """Line, what happens in the words of the counts, to whom, and what it gives."""
    line, kind, subject, text = told_step(raw)
    return line, str(STEP_TEXTS[kind]), subject, text


def _found(source: Import, raw: list[object]) -> tuple[int, str, str]:
    """Line, column by its name, and the words."""
    line, key, _code, text = told_finding(raw)
    return line, next((title_of(column) for column in COLUMNS[KINDS[source.kind]] if column.key == key), ""), text


urlpatterns = [
    path("", _guarded(show_lists), name="overview"),
    path("template/<kind>.<form>", _guarded(send_template), name="template"),
    path("<uuid:organisation>/<kind>.<form>", _guarded(send_export), name="export"),
    path("imports/<uuid:source>/", _guarded(show_import), name="import"),
    path("imports/<uuid:source>/apply/", _guarded(apply), name="apply"),
    path("imports/<uuid:source>/discard/", _guarded(discard), name="discard"),
]
