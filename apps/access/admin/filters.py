"""Filters of lists that offer rows of another model: only rows that its own page would list for whoever asks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.access.admin.scoped import choices_within

if TYPE_CHECKING:
    from django.contrib.admin import RelatedFieldListFilter as _Filter
else:
    from unfold.contrib.filters.admin import AutocompleteSelectFilter as _Filter


class WithinForm(forms.Form):
    """One field that searches as one types."""

    class Media:
        js = (
            "admin/js/vendor/jquery/jquery.min.js",
            "admin/js/vendor/select2/select2.full.js",
            "admin/js/jquery.init.js",
            "unfold/js/select2.init.js",
        )
        css = {"screen": ("admin/css/vendor/select2/select2.css", "admin/css/autocomplete.css")}


class WithinFilter(_Filter):
    """A filter by a foreign key. The value in the address is named on the page only when she may see it."""

    form_class = WithinForm

    request: HttpRequest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """The rows that refer to the chosen one. To one that she can't see none do: it is not there."""
        around: Any = self  # the type checker knows Django's class only, which is further up
        chosen = around.value()
        if chosen in EMPTY_VALUES:
            return queryset
        known = self._is_id(chosen) and self._offered().filter(pk=chosen).exists()
        return super().queryset(request, queryset) if known else queryset.none()

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The form; the library's own would name any row of the installation by its id."""
        around: Any = self
        chosen = around.value()
        form = WithinForm(data={self.lookup_kwarg: chosen if self._is_id(chosen) else ""})
        form.fields[self.lookup_kwarg] = forms.ModelChoiceField(
            label=_(" By %(filter_title)s ") % {"filter_title": self.title},
            required=False,
            queryset=self._offered(),
            widget=AutocompleteSelect(
                around.field, around.model_admin.admin_site, attrs={"class": "unfold-filter-autocomplete"}
            ),
        )
        yield {"form": form}

    def _is_id(self, chosen: Any) -> bool:
        """Tell whether it could be the id of a row; whatever else an address says, the database is not asked for."""
        around: Any = self
        try:
            around.field.target_field.to_python(chosen)
        except ValidationError:
            return False
        return True

    def _offered(self) -> QuerySet[Any]:
        around: Any = self
        return choices_within(around.model_admin, self.request, around.field.remote_field.model)
