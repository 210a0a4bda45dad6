"""The base of admin pages for rows that have a place in a scope.

A page names the units that its verbs need; which rows it shows follows from where somebody has them. A row outside is
answered exactly like a row that never was. What happened is in the audit trail, which the services write together with
the change; Django's own log, which knows no scopes, is not written and not shown.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, TypeVar

from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, ForeignKey, ManyToManyField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.access.admin.history import entries_about
from apps.access.admin.reach import covers, has_unit, within
from apps.access.errors import TooManyAtOnce
from apps.access.units import Unit
from apps.common.admin import ReadOnlyTable, SystemAdmin
from apps.common.errors import ImError

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)

MAX_AT_ONCE: Final = 500
"""Rows that an action takes in one request, as many as a bulk operation of the REST API; more are refused."""
HISTORY_SHOWN: Final = 100
"""Entries on the page of a row's history, the newest; the audit page searches them all."""


def choices_within(page: "BaseModelAdmin[Any]", request: HttpRequest, model: type[Model]) -> QuerySet[Any]:
    """Return the rows of another model that somebody may choose: those that its own page would list for her."""
    registered = page.admin_site._registry.get(model)  # the public way, get_model_admin, raises instead
    if registered is None:
        return model._default_manager.none()
    return (
        registered.get_queryset(request) if registered.has_view_permission(request) else model._default_manager.none()
    )


class _ScopedChoices:
    """Lets foreign keys of a form point at rows within the scope only, whatever the browser sends."""

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Offer and accept what she may see."""
        kwargs.setdefault("queryset", choices_within(self, request, db_field.remote_field.model))  # type: ignore[arg-type]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer and accept what she may see."""
        kwargs.setdefault("queryset", choices_within(self, request, db_field.remote_field.model))  # type: ignore[arg-type]
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class ScopedAdmin(_ScopedChoices, SystemAdmin[M]):
    """A list and a form of what lies within somebody's scopes. A verb without a unit is nobody's."""

    view_unit: ClassVar[Unit]
    add_unit: ClassVar[Unit | None] = None
    change_unit: ClassVar[Unit | None] = None
    delete_unit: ClassVar[Unit | None] = None
    switch_unit: ClassVar[Unit | None] = None
    """What actions need that name the permission "switch"."""
    change_whole: ClassVar[bool] = False
    """Whether a change needs power over every place where a row lies; otherwise one of them is enough."""
    object_history_template = "admin/access/history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Rows within her scopes."""
        return within(request, super().get_queryset(request), self.view_unit)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what the list offers as filters: any other column or comparison would tell what the page does not."""
        names = [_parameter(each) for each in self.get_list_filter(request)]
        offered = any(lookup in _lookups(self.model, name) for name in names)
        return offered and super().lookup_allowed(lookup, value, request)

    def chosen(self, request: HttpRequest, queryset: QuerySet[M], unit: Unit) -> list[M]:
        """Of the rows that an action was asked for, those where she has its unit. Too many at once are refused."""
        rows = list(within(request, queryset, unit)[: MAX_AT_ONCE + 1])
        if len(rows) > MAX_AT_ONCE:
            raise TooManyAtOnce(limit=MAX_AT_ONCE)
        return rows

    def each(self, request: HttpRequest, rows: Iterable[M], act: Callable[[M], object]) -> int:
        """Do something with every row and return with how many it went well; of the others say what was refused."""
        done = 0
        for row in rows:
            try:
                act(row)
                done += 1
            except ImError as error:
                self.message_user(request, f"{row}: {error.text}", messages.WARNING)
        return done

    def text_of_choice(self, obj: M) -> str:
        """What a field offers that lets one choose a row."""
        return str(obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may look at some of it."""
        return has_unit(request, self.view_unit)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Who has the unit, for a row: there."""
        return self._may(request, self.view_unit, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who has the unit anywhere; where she may add is the service's question."""
        return has_unit(request, self.add_unit)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Who has the unit, for a row: there."""
        return self._may(request, self.change_unit, obj, whole=self.change_whole)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """One row at a time, on its own page; nobody deletes by the list."""
        return obj is not None and self._may(request, self.delete_unit, obj, whole=True)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Who may run actions that switch rows on or off; on which rows, the action asks (`chosen`)."""
        return has_unit(request, self.switch_unit)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, or delete; what she can't see is not there, whoever may delete what."""
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404
        return super().delete_view(request, object_id, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the audit trail says of a row, as far as it happened within her scopes."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(name)s") % {"name": obj},
            "entries": entries_about(request, obj, limit=HISTORY_SHOWN),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the services have written the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the services have written the audit trail."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: the services have written the audit trail."""

    def _may(self, request: HttpRequest, unit: Unit | None, obj: M | None, *, whole: bool = False) -> bool:
        return has_unit(request, unit) if obj is None else covers(request, obj, unit, whole=whole)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Answer as for an address that does not exist: Django's way, a redirect, would have to be told apart."""
        raise Http404


def _parameter(offered: Any) -> str:
    """The beginning of the names that a filter has in addresses: a field's name, or what the filter calls itself."""
    if isinstance(offered, str):
        return offered
    return str(offered[0]) if isinstance(offered, tuple | list) else str(offered.parameter_name)


def _lookups(model: type[Model], name: str) -> tuple[str, ...]:
    """What a filter asks for: equality, and times from and until. Order among ids would tell of what is outside, and a
    row of another model is compared by the one lookup that its filter checks (`WithinFilter`)."""
    try:
        field = get_fields_from_path(model, name)[-1]
    except FieldDoesNotExist:
        return (name,)  # a filter with a name of its own
    if field.is_relation:
        return (f"{name}__id__exact",)
    equal = (name, f"{name}__exact", f"{name}__isnull")
    return (*equal, f"{name}__gte", f"{name}__lt") if isinstance(field, DateField) else equal


class ScopedReadOnlyAdmin(ScopedAdmin[M]):
    """A list and a page that only show; actions may still do something, with units of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody."""
        return False


class ScopedTable(_ScopedChoices, ReadOnlyTable[M, P]):
    """Rows of another model inside a page, only those within her scopes, only to look at."""

    view_unit: ClassVar[Unit]

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Rows within her scopes."""
        return within(request, super().get_queryset(request), self.view_unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has the unit anywhere."""
        return has_unit(request, self.view_unit)
