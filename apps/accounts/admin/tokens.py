"""Admin of OAuth2: who holds tokens of which programs. What a token is, is never shown."""

from typing import Any

import oauth2_provider.admin  # noqa: F401 - registers what is replaced below
from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractRefreshToken,
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from apps.access.admin import ScopedReadOnlyAdmin
from apps.accounts.admin.acting import acting
from apps.accounts.services.oversight import revoke_programs
from apps.accounts.units import TOKENS_REVOKE, TOKENS_VIEW
from apps.common.admin import display

admin.site.unregister(
    [
        get_access_token_model(),
        get_application_model(),
        get_grant_model(),
        get_id_token_model(),
        get_refresh_token_model(),
    ]
)


def _name_in_our_words() -> None:
    """The library names things in English only. Migrations look at the original names, so none follow."""
    names = (
        (get_access_token_model(), _("access token"), _("access tokens")),
        (get_refresh_token_model(), _("refresh token"), _("refresh tokens")),
        (get_application_model(), _("application"), _("applications")),
    )
    fields = {
        "application": _("application"),
        "authorization_grant_type": _("grant type"),
        "client_id": _("client id"),
        "client_secret": _("client secret"),
        "client_type": _("client type"),
        "created": _("created at"),
        "expires": _("expires at"),
        "redirect_uris": _("redirect addresses"),
        "scope": _("scope"),
        "updated": _("changed at"),
    }
    for model, singular, plural in names:
        model._meta.verbose_name, model._meta.verbose_name_plural = singular, plural
        for field in model._meta.fields:
            field.verbose_name = fields.get(field.name, field.verbose_name)
    apps.get_app_config("oauth2_provider").verbose_name = _("Programs")


_name_in_our_words()


class ProgramFilter(admin.SimpleListFilter):
    """Tokens of one program. Offers the programs that hold tokens within reach, so none gives away what others use."""

    title = _("application")
    parameter_name = "program"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Ids and names."""
        used = model_admin.get_queryset(request).order_by().values_list("application_id", "application__name")
        return [(str(key), name) for key, name in sorted(set(used.distinct()), key=str)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen one."""
        chosen = self.value()
        return queryset.filter(application_id=int(chosen)) if chosen and chosen.isdecimal() else queryset


class _TokenAdmin(ScopedReadOnlyAdmin[Any]):
    """What both kinds of tokens have in common."""

    view_unit = TOKENS_VIEW
    switch_unit = TOKENS_REVOKE
    list_select_related = ("user", "application")
    search_fields = ("user__login", "user__display_name")
    ordering = ("-created", "-pk")
    actions = ("revoke",)

    @display(description=_("user"), ordering="user__login")
    def holder(self, obj: Any) -> str:
        """Whose token it is."""
        return str(obj.user or "–")

    @admin.action(description=_("Revoke: sign these programs out"), permissions=["switch"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Revoke the chosen ones; an access token goes together with its refresh token and the other way round."""
        chosen = self.chosen(request, queryset.select_related("user"), TOKENS_REVOKE)
        count = revoke_programs(acting(request), tokens=chosen, now=timezone.now())
        text = ngettext("%(count)d token revoked.", "%(count)d tokens revoked.", count)
        self.message_user(request, text % {"count": count})


@admin.register(get_access_token_model())
class AccessTokenAdmin(_TokenAdmin):
    """Access tokens: each signs a program in for an hour."""

    list_display = ("holder", "application", "scope", "created", "expires")
    list_filter = (ProgramFilter, "created")
    fields = ("user", "application", "scope", "created", "expires")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AbstractAccessToken | None:
        """Load the row with what its page shows."""
        return self.get_queryset(request).select_related("user", "application").filter(pk=object_id).first()


@admin.register(get_refresh_token_model())
class RefreshTokenAdmin(_TokenAdmin):
    """Refresh tokens: each gets a program new access tokens for a month."""

    list_display = ("holder", "application", "created", "revoked")
    list_filter = (ProgramFilter, "created", "revoked")
    fields = ("user", "application", "created", "updated", "revoked")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AbstractRefreshToken | None:
        """Load the row with what its page shows."""
        return self.get_queryset(request).select_related("user", "application").filter(pk=object_id).first()
