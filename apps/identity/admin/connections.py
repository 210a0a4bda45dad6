"""The page of connections to identity providers: make one, fill in what its kind needs, try it, switch it on."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access.admin import ServedAdmin, WithinFilter, powers_at
from apps.access.scopes import Level
from apps.accounts.admin import acting
from apps.identity.admin.forms import PREFIX, ConnectionForm, form_for, settings_of
from apps.identity.configs.reading import FEDERATED, read_config, written_config
from apps.identity.models import Connection
from apps.identity.services.connections import Terms, change_connection, create_connection, delete_connection
from apps.identity.services.trying import try_connection
from apps.identity.units import CONNECTIONS_CHANGE, CONNECTIONS_VIEW

TERMS = ("is_active", "email_domains", "matching", "provisioning", "department")


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

    def get_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        """What a new one begins with, and all that can be said of one that is there."""
        if obj is None:
            crosses = any(scope.level is Level.SYSTEM for scope in powers_at(request).scopes(CONNECTIONS_CHANGE))
            return ("tenant", "kind", "name") if crosses else ("kind", "name")
        own = [name for name in form_for(obj, address="").base_fields if name.startswith(PREFIX)]
        return ("name", "kind", "address", *own, "secret", *TERMS, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        """It stays what it is."""
        return () if obj is None else ("kind",)

    def get_form(self, request: HttpRequest, obj: Connection | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With the fields of its kind."""
        if obj is not None:
            name = "identity-saml" if obj.kind == Connection.Kind.SAML else "identity-callback"
            kwargs["form"] = form_for(obj, address=request.build_absolute_uri(reverse(name, args=[obj.pk])))
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Kinds that people sign in with at another party."""
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if db_field.name == "kind" and isinstance(field, forms.ChoiceField):
            field.choices = [each for each in Connection.Kind.choices if each[0] in FEDERATED]
        return field

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
        row: Connection = form.instance
        kind = FEDERATED.get(row.kind)
        config = row.config if kind is None else written_config(read_config(settings_of(data), kind))
        terms = Terms(
            name=data["name"], config=config, secret=data["secret"] or None, **{name: data[name] for name in TERMS}
        )
        return change_connection(actor, connection_id=row.pk, version=data["version"] or 0, terms=terms, now=now)

    def response_add(self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None) -> HttpResponse:
        """Lead on to its settings."""
        asked = request.POST.copy()
        asked["_continue"] = "1"
        request.POST = asked  # type: ignore[assignment]  # as mutable as it need not be
        return super().response_add(request, obj, post_url_continue)

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        """Delete it with its links."""
        delete_connection(acting(request), connection_id=obj.pk, now=timezone.now())

    @admin.action(description=_("Try out: ask the other party"), permissions=["switch"])
    def try_out(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Say of each of the chosen ones what is well, or what is not."""
        rows = self.chosen(request, queryset, CONNECTIONS_CHANGE)
        self.each(request, rows, lambda row: self.message_user(request, f"{row}: {try_connection(row)}"))
