"""What fields offer that search as one types: rows of another page, in the words which that page has for a choice."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponseBase


class ChoicesView(AutocompleteJsonView):
    """Names a department by its path, where its own name alone would fit many."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Return a row as the field takes it. Pages without scopes name a row as it names itself."""
        text_of: Callable[[Any], str] = getattr(self.model_admin, "text_of_choice", str)
        return {"id": str(getattr(obj, to_field_name)), "text": text_of(obj)}


def send_choices(request: HttpRequest) -> HttpResponseBase:
    """Answer a field; the library's view asks who may look."""
    return ChoicesView.as_view(admin_site=admin.site)(request)
