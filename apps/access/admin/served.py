"""Pages whose forms are carried out by services: the form asks, `perform` calls one service, and what that refuses is
said at the field it concerns, with everything else that was typed still there.

Nothing is saved by Django: the row a form shows is only looked at.
"""

from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from apps.access.admin.scoped import ScopedAdmin
from apps.common.errors import ImError

M = TypeVar("M", bound=Model)

_REFUSAL: Final = "_im_refusal"


class ServedForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """What a person typed. With a row that has versions it remembers which one she saw."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    shown: ClassVar[frozenset[str] | None] = None
    """Fields that the page has for whoever asks; others are not accepted either. None: all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set() if self.shown is None else set(self.fields) - self.shown:
            del self.fields[name]
        for field in self.fields.values():
            field.label = capfirst(field.label)  # as Django does with the names of a model's fields
        if "version" in self.fields:
            self.fields["version"].initial = getattr(self.instance, "version", None)

    def save_m2m(self) -> None:
        """Nothing: a service stores it all."""


class ServedAdmin(ScopedAdmin[M]):
    """A page that calls a service to make or change a row."""

    form = ServedForm

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> M:
        """Make the row, or change it; return it as it is now."""
        raise NotImplementedError

    def answer_refusal(self, request: HttpRequest, error: ImError, *, object_id: str | None) -> HttpResponse:
        """Show the form again; it is not valid now, so nothing is tried twice."""
        setattr(request, _REFUSAL, error)
        return self.changeform_view(request, object_id)

    def get_form(self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form; after a refusal, one that says so."""
        # Columns that only services write, such as the version, are the form's own business: Django would refuse them.
        base = kwargs.get("form", self.form)
        own = {field.name for field in self.opts.fields if not field.editable} & set(base.declared_fields)
        shown = kwargs.get("fields") or flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in shown if name not in own]
        made = super().get_form(request, obj, change=change, **kwargs)
        form = type(made.__name__, (made,), {"shown": frozenset(shown)})
        refusal: ImError | None = getattr(request, _REFUSAL, None)
        return form if refusal is None else _refused(form, refusal)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Call the service."""
        return self.perform(request, form, change=change)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Nothing: the service has stored it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: tables inside pages only show."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Nothing: the audit trail tells more."""
        return []


def _refused(form: type[Any], refusal: ImError) -> type[Any]:
    """Return the form so that it is not valid, for the reason a service gave."""

    class Refused(form):  # type: ignore[misc]  # a class made when it runs
        def clean(self) -> Any:
            cleaned = super().clean()
            field = str(refusal.fields.get("field", ""))
            text = str(refusal.fields.get("reason", refusal.text)) if field in self.fields else refusal.text
            self.add_error(field if field in self.fields else None, forms.ValidationError(text, code=refusal.code))
            return cleaned

    return Refused
