"""The form of a connection: what all have, and a field for each setting of its kind."""

from typing import Any, Final

import msgspec
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.access.admin import ServedForm
from apps.identity.configs.reading import FEDERATED
from apps.identity.models import Connection
from apps.orgs.models import Organisation
from apps.tenants.models import Tenant

PREFIX: Final = "set_"
"""Of the names of fields that are settings of the kind."""

LABELS: Final = {
    "accounts_url": _("Address of its sign-in page"),
    "agent_id": _("AgentId"),
    "api_url": _("Address of its interface"),
    "certificate": _("Certificates (PEM)"),
    "client_id": _("Our id there (client id, App ID, AppKey, CorpID)"),
    "corp_id": _("CorpId of your company"),
    "email_attribute": _("Attribute with the e-mail address"),
    "entity_id": _("Entity id of the provider"),
    "id_attribute": _("Attribute with the lasting id (empty: NameID)"),
    "id_claim": _("Claim with the lasting id"),
    "issuer": _("Issuer"),
    "login_url": _("Address of its sign-in page"),
    "name_attribute": _("Attribute with the name"),
    "scopes": _("Scopes, with spaces between"),
    "sso_url": _("Sign-on address (HTTP-Redirect)"),
    "tenant_key": _("Tenant key of your company"),
}


class ConnectionForm(ServedForm):
    """What every connection has."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("slug"),
        label=_("Tenant"),
        widget=AutocompleteSelect(Organisation._meta.get_field("tenant"), admin.site),
    )
    secret = forms.CharField(
        label=_("Our secret there"),
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Never shown again. Empty: as it is."),
    )

    class Meta:
        model = Connection
        fields = ()


def form_for(connection: Connection, *, address: str) -> type[ConnectionForm]:
    """Return the form of one connection that is no directory. `address`: what the other party is to be told."""
    kind = FEDERATED.get(connection.kind)
    title = _("Redirect address to register there") if kind is not None else _("Address to give it (tenant URL)")
    own: dict[str, Any] = {
        "address": forms.CharField(
            label=title,
            initial=address,
            required=False,
            disabled=True,
            widget=UnfoldAdminTextInputWidget(),
        )
    }
    for field in msgspec.structs.fields(kind) if kind is not None else ():
        own[PREFIX + field.name] = _field(field, connection.config.get(field.name))
    return type("OwnConnectionForm", (ConnectionForm,), own)


def settings_of(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were typed; what was left empty has its default."""
    typed = {name.removeprefix(PREFIX): value for name, value in cleaned.items() if name.startswith(PREFIX) and value}
    if "scopes" in typed:
        typed["scopes"] = typed["scopes"].split()
    return typed


def _field(field: msgspec.structs.FieldInfo, stored: Any) -> forms.CharField:
    shown = stored if stored is not None else ("" if field.required else field.default)
    is_long = field.name == "certificate"
    return forms.CharField(
        label=LABELS[field.name],
        required=field.required,
        initial=" ".join(shown) if isinstance(shown, list | tuple) else shown,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}) if is_long else UnfoldAdminTextInputWidget(),
    )
