"""What all pages of the admin share. The admin is for the people who run the installation, so it looks across tenants.

Rows that carry invariants are changed by the services, or not at all: pages built on `ReadOnlyAdmin` only show.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold import decorators

from apps.common.errors import ImError

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline

    class _Page(ModelAdmin[M]):
        """The look of pages, as the type checker sees it."""

    class _Table(TabularInline[M, P]):
        """The look of tables inside pages, as the type checker sees it."""

else:
    from unfold.admin import ModelAdmin, TabularInline

    class _Page(ModelAdmin, Generic[M]):
        """The look of pages."""

    class _Table(TabularInline, Generic[M, P]):
        """The look of tables inside pages."""


def display(**options: Any) -> Callable[[F], F]:
    """Describe a column that a method makes; the library's decorator, with types."""
    decorate: Callable[[F], F] = decorators.display(**options)
    return decorate


class SystemAdmin(_Page[M]):
    """A list and a form. What a service refuses is shown as a message, never as a broken page.

    Nothing is deleted here: what people said stays under their names, so everything can be switched off instead.
    """

    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or store the form. A refusal of a service undoes everything and is said."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ImError as error:
            return self.answer_refusal(request, error, object_id=object_id)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list or run an action. A refusal of a service is said."""
        try:
            return super().changelist_view(request, extra_context)
        except ImError as error:
            self.message_user(request, error.text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, or delete. A refusal of a service is said."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ImError as error:
            self.message_user(request, error.text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def answer_refusal(self, request: HttpRequest, error: ImError, *, object_id: str | None) -> HttpResponse:
        """Say what a service refused; what was begun is undone already."""
        self.message_user(request, error.text, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyAdmin(SystemAdmin[M]):
    """A list and a page that only show. Apps below `access` describe pages by it; who sees them is decided there."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyTable(_Table[M, P]):
    """Rows of another model inside a page, only to look at; 20 at a time."""

    extra = 0
    max_num = 0
    can_delete = False
    per_page = 20
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
