"""The page of connections to identity providers and directories: make one, fill in what its kind needs, try it,
switch it on.
"""

from typing import Any, Final

import msgspec
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access.admin import ServedAdmin, WithinFilter, powers_at
from apps.access.scopes import Level
from apps.accounts.admin import acting
from apps.common.errors import ImError
from apps.identity.admin.deeds import DEEDS, page_of, scim_address_of
from apps.identity.admin.directory_forms import DirectoryForm, directory_fieldsets, directory_settings_of
from apps.identity.admin.forms import PREFIX, ConnectionForm, form_for, settings_of
from apps.identity.admin.panels import panel_of
from apps.identity.configs.reading import FEDERATED, read_config, written_config
from apps.identity.ldap.settings import read_settings
from apps.identity.models import Connection
from apps.identity.services.connections import Terms, change_connection, create_connection, delete_connection
from apps.identity.services.directories.setting import set_directory
from apps.identity.services.trying import try_connection
from apps.identity.units import CONNECTIONS_CHANGE, CONNECTIONS_VIEW

TERMS: Final = ("is_active", "email_domains", "matching", "provisioning", "department")
_OF_SCIM: Final = ("is_active", "department")


def address_of(connection: Connection) -> str:
    """Return the path that the other party is to be told: where people come back to, or where it tells of them."""
    if connection.kind == Connection.Kind.SCIM:
        return scim_address_of(connection)
    name = "identity-saml" if connection.kind == Connection.Kind.SAML else "identity-callback"
    return reverse(name, args=[connection.pk])


def terms_of(known: Connection, data: dict[str, Any]) -> Terms:
    """Return what was typed; what the page of its kind does not have stays as it is. Raises ConnectionUnset."""
    said = {name: data[name] if name in data else getattr(known, name) for name in TERMS}
    kind, config = FEDERATED.get(known.kind), known.config
    if known.kind == Connection.Kind.LDAP:
        config = msgspec.to_builtins(read_settings(directory_settings_of(data)))
    elif kind is not None:
        config = written_config(read_config(settings_of(data), kind))
    return Terms(name=data["name"], config=config, secret=data.get("secret") or None, **said)


@admin.register(Connection)
class ConnectionAdmin(ServedAdmin[Connection]):
    """Connections of a tenant. A new one is off until its settings are there."""

    view_unit = CONNECTIONS_VIEW
    add_unit = CONNECTIONS_CHANGE
    change_unit = CONNECTIONS_CHANGE
    delete_unit = CONNECTIONS_CHANGE
    switch_unit = CONNECTIONS_CHANGE
    form = ConnectionForm
    list_display = ("name", "kind", "tenant", "is_active", "provisioning")
    list_filter = (("tenant", WithinFilter), "kind", "is_active")
    list_select_related = ("tenant",)
    search_fields = ("name",)
    ordering = ("tenant__slug", "name", "id")
    autocomplete_fields = ("department",)
    actions = ("try_out",)
    change_form_template = "admin/identity/connection.html"

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """What a new one begins with, and all that can be said of one that is there; by sections for a directory."""
        if obj is not None and obj.kind == Connection.Kind.LDAP and self.has_change_permission(request, obj):
            return list(directory_fieldsets())
        return [(None, {"fields": self._names(request, obj)})]

    def _names(self, request: HttpRequest, obj: Connection | None) -> tuple[str, ...]:
        if obj is None:
            crosses = any(scope.level is Level.SYSTEM for scope in powers_at(request).scopes(CONNECTIONS_CHANGE))
            return ("tenant", "kind", "name") if crosses else ("kind", "name")
        if not self.has_change_permission(request, obj):
            return ("name", "kind", *TERMS)
        if obj.kind == Connection.Kind.SCIM:
            return ("name", "kind", "address", *_OF_SCIM, "version")
        own = [name for name in form_for(obj, address="").base_fields if name.startswith(PREFIX)]
        return ("name", "kind", "address", *own, "secret", *TERMS, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        """It stays what it is."""
        return () if obj is None else ("kind",)

    def get_form(self, request: HttpRequest, obj: Connection | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With the fields of its kind."""
        if obj is not None and obj.kind == Connection.Kind.LDAP:
            kwargs["form"] = DirectoryForm
        elif obj is not None:
            kwargs["form"] = form_for(obj, address=request.build_absolute_uri(address_of(obj)))
        return super().get_form(request, obj, change=change, **kwargs)

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Connection:
        """Make it, or change it."""
        data, actor, now = form.cleaned_data, acting(request), timezone.now()
        if not change:
            tenant = data.get("tenant")
            return create_connection(
                actor,
                tenant_id=actor.tenant_id if tenant is None else tenant.pk,
                kind=data["kind"],
                terms=Terms(name=data["name"], config={}, is_active=False),
                now=now,
            )
        known = Connection.objects.for_tenant(form.instance.tenant_id).get(pk=form.instance.pk)
        terms = terms_of(known, data)
        store = set_directory if known.kind == Connection.Kind.LDAP else change_connection
        return store(actor, connection_id=known.pk, version=data["version"] or 0, terms=terms, now=now)

    def response_add(self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None) -> HttpResponse:
        """Lead on to its settings."""
        asked = request.POST.copy()
        asked["_continue"] = "1"
        request.POST = asked  # type: ignore[assignment]  # as mutable as it need not be
        return super().response_add(request, obj, post_url_continue)

    def get_urls(self) -> list[Any]:
        """One more: what a page can be asked to do."""
        do = self.admin_site.admin_view(self.do_view)
        return [path("<path:object_id>/do/<str:what>/", do, name="identity_connection_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The settings, and below them what goes on."""
        obj = self.get_object(request, object_id)
        panel = {} if obj is None else panel_of(request, obj, may_change=self.has_change_permission(request, obj))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panel": panel})

    def do_view(self, request: HttpRequest, object_id: str, what: str) -> HttpResponse:
        """Do what a button on the page asks for. What is refused is said there."""
        obj = self.get_object(request, object_id)
        deed = None if obj is None else DEEDS[obj.kind].get(what)
        if obj is None or deed is None or request.method != "POST":
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        try:
            return deed(request, obj)
        except ImError as error:
            self.message_user(request, error.text, messages.ERROR)
            return HttpResponseRedirect(page_of(obj))

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        """Delete it with its links."""
        delete_connection(acting(request), connection_id=obj.pk, now=timezone.now())

    @admin.action(description=_("Try out: ask the other party"), permissions=["switch"])
    def try_out(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Say of each of the chosen ones what is well, or what is not."""
        rows = self.chosen(request, queryset, CONNECTIONS_CHANGE)
        self.each(request, rows, lambda row: self.message_user(request, f"{row}: {try_connection(row)}"))
