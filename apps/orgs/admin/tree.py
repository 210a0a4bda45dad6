"""The page of the department tree: opened level by level, moved by drag and drop or by keyboard.

The page asks for a level and for moves; `move_department` decides. Shown are the outermost departments that somebody
administers, and what is below them.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.access.admin import has_unit, powers_at, within
from apps.access.policies import Powers
from apps.access.scopes import SYSTEM, Level, Scope
from apps.accounts.admin import acting
from apps.common.errors import ImError, InvalidInput
from apps.orgs.admin.counting import counted
from apps.orgs.models import Department, Placement
from apps.orgs.services import move_department
from apps.orgs.units import DEPARTMENT_CHANGE, DEPARTMENT_MOVE, DEPARTMENT_VIEW, ORGANISATION_CHANGE
from apps.tenants.models import Tenant

TENANTS_OFFERED: Final = 100
"""Tenants suggested to somebody who reaches several; she may type the short name of any other."""

View = Callable[..., HttpResponseBase]


def _guarded(view: View) -> View:
    """Let in who sees departments anywhere; a service's refusal is the answer."""

    def checked(request: HttpRequest) -> HttpResponseBase:
        if not has_unit(request, DEPARTMENT_VIEW):
            raise PermissionDenied
        try:
            return view(request)
        except ImError as error:
            return JsonResponse({"code": error.code, "detail": error.text}, status=error.status)

    guarded: View = admin.site.admin_view(never_cache(checked))
    return guarded


@require_GET
def show_tree(request: HttpRequest) -> HttpResponse:
    """The page; its script asks for the levels."""
    tenant = _tenant(request)
    level_url = reverse("orgs_tree:level", query={"tenant": tenant.slug} if tenant else None)
    context = {
        **admin.site.each_context(request),
        "title": _("Department tree"),
        "tenant": tenant,
        "tenants": _reachable_tenants(request)[:TENANTS_OFFERED] if tenant else (),
        "level_url": level_url,
        "links": _links(request),
    }
    return TemplateResponse(request, "admin/orgs/tree.html", context)


@require_GET
def send_level(request: HttpRequest) -> HttpResponse:
    """The departments directly below one, or the tops of what somebody administers. Three queries."""
    rows = within(request, Department.unscoped.all(), DEPARTMENT_VIEW)
    wanted = request.GET.get("parent", "")
    if wanted:
        parent = rows.filter(pk=_id(wanted, "parent")).first()
        if parent is None:
            raise Http404
        level = rows.filter(parent_id=parent.pk).order_by("lft", "id")
    else:
        level = rows.filter(_tops(request)).order_by("organisation__sort", "organisation__name", "lft", "id")
    powers = powers_at(request)
    return JsonResponse({"items": [_item(powers, row) for row in _counted(level)]})


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move a department to where it was dropped."""
    before = request.POST.get("before", "")
    version = request.POST.get("version", "")
    moved = move_department(
        acting(request),
        department_id=_id(request.POST.get("department", ""), "department"),
        parent_id=_id(request.POST.get("parent", ""), "parent"),
        before_id=_id(before, "before") if before else None,
        version=int(version) if version.isdecimal() else 0,
        now=timezone.now(),
    )
    return JsonResponse({"id": str(moved.pk), "version": moved.version}, status=HTTPStatus.OK)


def _tenant(request: HttpRequest) -> Tenant | None:
    """Whose trees to show to somebody who reaches several tenants; None for everybody else."""
    if SYSTEM not in powers_at(request).scopes(DEPARTMENT_VIEW):
        return None
    reachable = _reachable_tenants(request)
    named = request.GET.get("tenant", "")
    found = reachable.filter(slug=named).first() if named else reachable.first()
    if found is None:
        raise Http404
    return found


def _reachable_tenants(request: HttpRequest) -> QuerySet[Tenant]:
    """Every tenant: asked only for those who administer the system. Those with organisations come first."""
    roots = Department.unscoped.filter(parent__isnull=True)
    return Tenant.objects.annotate(roots=counted(roots, "tenant")).order_by("-roots", "slug")


def _tops(request: HttpRequest) -> Q:
    """The outermost departments of what she sees."""
    tenant = _tenant(request)
    if tenant is not None:
        return Q(parent__isnull=True, tenant_id=tenant.pk)
    scopes: Sequence[Scope] = powers_at(request).scopes(DEPARTMENT_VIEW)
    tenants = [scope.tenant_id for scope in scopes if scope.level is Level.TENANT]
    paths = [scope.path for scope in scopes if scope.level > Level.TENANT]
    return Q(parent__isnull=True, tenant_id__in=tenants) | Q(path__in=paths)


def _counted(rows: QuerySet[Department]) -> QuerySet[Department]:
    return rows.annotate(
        children_in=counted(Department.unscoped.all(), "parent"),
        people_in=counted(Placement.unscoped.all(), "department"),
    )


def _item(powers: Powers, row: Any) -> dict[str, Any]:
    """A row as the page's script wants it."""
    around = row.scope.parent
    return {
        "id": str(row.pk),
        "name": row.name,
        "version": row.version,
        "children": row.children_in,
        "people": row.people_in,
        "is_hidden": row.is_hidden,
        "movable": not row.is_root and around is not None and powers.may(DEPARTMENT_MOVE, around),
        "url": reverse("admin:orgs_department_change", args=[row.pk]),
    }


def _links(request: HttpRequest) -> list[dict[str, str]]:
    """What else is done about departments, as far as she may."""
    links = []
    if has_unit(request, DEPARTMENT_CHANGE):
        links.append({"url": reverse("admin:orgs_department_add"), "label": _("New department")})
    if any(scope.level <= Level.TENANT for scope in powers_at(request).scopes(ORGANISATION_CHANGE)):
        links.append({"url": reverse("admin:orgs_organisation_add"), "label": _("New organisation")})
    links.append({"url": reverse("admin:orgs_department_changelist"), "label": _("As a list")})
    return links


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(field=field, reason=_("is not an id")) from error


urlpatterns = [
    path("", _guarded(show_tree), name="overview"),
    path("level/", _guarded(send_level), name="level"),
    path("move/", _guarded(move), name="move"),
]
