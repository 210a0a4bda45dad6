"""Admin of OAuth2: which programs may ask for tokens, and who holds some. What a token is, is never shown."""

from typing import Any

import oauth2_provider.admin  # noqa: F401 - registers what is replaced below
from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractRefreshToken,
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from apps.accounts.services.applications import PROGRAM_CLIENT_ID, WEB_CLIENT_ID
from apps.common.admin import ReadOnlyAdmin, SystemAdmin, display

BUILT_IN = frozenset({WEB_CLIENT_ID, PROGRAM_CLIENT_ID})

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


class _TokenAdmin(ReadOnlyAdmin[Any]):
    """What both kinds of tokens have in common."""

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
        tokens = list(queryset)
        for token in tokens:
            self.log_change(request, token, [{"changed": {"fields": ["revoked"]}}])
            # From an access token to the refresh token that would get another one; that one takes both away.
            (getattr(token, "refresh_token", None) or token).revoke()
        text = ngettext("%(count)d token revoked.", "%(count)d tokens revoked.", len(tokens))
        self.message_user(request, text % {"count": len(tokens)})


@admin.register(get_access_token_model())
class AccessTokenAdmin(_TokenAdmin):
    """Access tokens: each signs a program in for an hour."""

    list_display = ("holder", "application", "scope", "created", "expires")
    list_filter = ("application", "created")
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
    list_filter = ("application", "created", "revoked")
    fields = ("user", "application", "created", "updated", "revoked")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AbstractRefreshToken | None:
        """Load the row with what its page shows."""
        return self.get_queryset(request).select_related("user", "application").filter(pk=object_id).first()


@admin.register(get_application_model())
class ApplicationAdmin(SystemAdmin[Any]):
    """Programs that may ask for tokens. The two that come with imsite are kept as they are."""

    list_display = ("name", "client_id", "client_type", "authorization_grant_type", "created")
    list_filter = ("client_type", "authorization_grant_type")
    search_fields = ("name", "client_id")
    ordering = ("name", "pk")
    readonly_fields = ("created", "updated")

    def get_fields(self, request: HttpRequest, obj: AbstractApplication | None = None) -> tuple[str, ...]:
        """The secret is shown while it is chosen, and never again."""
        fields = ("name", "client_id", "client_type", "authorization_grant_type", "redirect_uris")
        if obj is None:
            return (*fields, "client_secret")
        return (*fields, "created", "updated")

    def has_change_permission(self, request: HttpRequest, obj: AbstractApplication | None = None) -> bool:
        """Not for those that come with imsite: they are set right at every migration."""
        return super().has_change_permission(request, obj) and (obj is None or obj.client_id not in BUILT_IN)

    def has_delete_permission(self, request: HttpRequest, obj: AbstractApplication | None = None) -> bool:
        """Django's permission, but not for those that come with imsite, and only one at a time."""
        if obj is None or obj.client_id in BUILT_IN:
            return False
        return request.user.has_perm(f"{self.opts.app_label}.delete_{self.opts.model_name}")
