"""The page of programs (OAuth2 clients): what they are, whose, and what they may ask for.

A secret is on the page that answers the request which made it, and nowhere else: it never passes through a message, a
cookie or a redirect.
"""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.access.admin import ServedAdmin, ServedForm
from apps.access.admin.reach import within
from apps.accounts.admin.acting import acting
from apps.accounts.models import Registration, User
from apps.accounts.services.program_terms import CONFIDENTIAL, MAX_HOMEPAGE_CHARS, MAX_NAME_CHARS, Terms
from apps.accounts.services.registrations import (
    Registered,
    change_application,
    delete_application,
    register_application,
    renew_secret,
    terms_of,
)
from apps.accounts.services.scopes import scope_texts
from apps.accounts.units import APPLICATIONS_CHANGE, APPLICATIONS_VIEW
from apps.common.admin import display
from apps.common.errors import ImError
from apps.tenants.models import Tenant

_MADE: Final = "_im_made"
_SAID: Final = ("name", "description", "homepage", "redirect_uris", "post_logout_redirect_uris", "scopes")


class RegistrationForm(ServedForm):
    """What is said about a program; addresses one to a line."""

    name = forms.CharField(label=_("name"), max_length=MAX_NAME_CHARS, widget=UnfoldAdminTextInputWidget)
    homepage = forms.CharField(
        label=_("its website"), max_length=MAX_HOMEPAGE_CHARS, widget=UnfoldAdminTextInputWidget, required=False
    )
    redirect_uris = forms.CharField(
        label=_("addresses that people are led back to"),
        help_text=_("One to a line, letter by letter: https://…, or http:// and this very machine."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        required=False,
    )
    post_logout_redirect_uris = forms.CharField(
        label=_("addresses after signing out"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        required=False,
    )
    scopes = forms.MultipleChoiceField(
        label=_("what it may ask for"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=lambda: list(scope_texts().items()),
    )
    tenant = forms.ModelChoiceField(
        label=_("tenant"), queryset=Tenant.objects.none(), widget=UnfoldAdminSelectWidget, required=False
    )
    service_account = forms.ModelChoiceField(
        label=_("service account"),
        help_text=_("Whose powers a program has that works in its own name."),
        queryset=User.unscoped.none(),
        widget=UnfoldAdminSelectWidget,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.application_id:
            terms = terms_of(self.instance)
            said = {"name": terms.name, "homepage": terms.homepage, "scopes": list(terms.scopes)}
            said["redirect_uris"] = "\n".join(terms.redirect_uris)
            said["post_logout_redirect_uris"] = "\n".join(terms.post_logout_redirect_uris)
            self.initial.update(said)


@admin.register(Registration)
class RegistrationAdmin(ServedAdmin[Registration]):
    """Programs that a tenant knows. The two that come with imsite are not among them."""

    form = RegistrationForm
    view_unit = APPLICATIONS_VIEW
    add_unit = APPLICATIONS_CHANGE
    change_unit = APPLICATIONS_CHANGE
    delete_unit = APPLICATIONS_CHANGE
    list_display = ("name", "kind", "tenant", "client_id", "created_at")
    list_select_related = ("application", "tenant")
    list_filter = ("kind",)
    search_fields = ("application__name", "application__client_id")
    ordering = ("application__name", "id")
    change_form_template = "admin/accounts/registration.html"

    @display(description=_("name"), ordering="application__name")
    def name(self, obj: Registration) -> str:
        """What people call it."""
        return str(obj.application.name)

    @display(description=_("client id"))
    def client_id(self, obj: Registration) -> str:
        """What it calls itself."""
        return str(obj.application.client_id)

    def get_fields(self, request: HttpRequest, obj: Registration | None = None) -> tuple[str, ...]:
        """What it is and whose is said once."""
        if obj is None:
            return ("kind", "tenant", *_SAID, "service_account")
        return ("kind", "client_id", *_SAID, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Registration | None = None) -> tuple[str, ...]:
        """Another kind is another program."""
        return () if obj is None else ("kind", "client_id")

    def get_form(
        self, request: HttpRequest, obj: Registration | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, with the tenants and service accounts within her scopes."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            accounts = User.unscoped.filter(kind=User.Kind.SERVICE, is_active=True)
            form.base_fields["tenant"].queryset = within(request, Tenant.objects.all(), APPLICATIONS_CHANGE)
            form.base_fields["service_account"].queryset = within(request, accounts, APPLICATIONS_CHANGE)
        return form

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Registration:
        """Make it known, or change what is said about it."""
        data, actor, now = form.cleaned_data, acting(request), timezone.now()
        terms = Terms(
            name=data["name"],
            scopes=tuple(data["scopes"]),
            description=data["description"],
            homepage=data["homepage"],
            redirect_uris=tuple(data["redirect_uris"].split()),
            post_logout_redirect_uris=tuple(data["post_logout_redirect_uris"].split()),
        )
        if change:
            return change_application(
                actor,
                registration_id=form.instance.pk,
                version=data["version"] or 0,
                terms=lambda _before: terms,
                now=now,
            )
        made = register_application(
            actor,
            tenant_id=data["tenant"].pk if data["tenant"] else actor.tenant_id,
            kind=data["kind"],
            terms=terms,
            service_account=data["service_account"],
            now=now,
        )
        setattr(request, _MADE, made)
        return made.registration

    def response_add(
        self, request: HttpRequest, obj: Registration, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret of a program that has one."""
        made: Registered | None = getattr(request, _MADE, None)
        if made is not None and made.secret:
            return self._shown(request, made)
        return super().response_add(request, obj, post_url_continue)

    def delete_model(self, request: HttpRequest, obj: Registration) -> None:
        """Take it away, with every token it holds."""
        delete_application(acting(request), registration_id=obj.pk, now=timezone.now())

    def get_urls(self) -> list[Any]:
        """One more: another secret."""
        renew = path(
            "<path:object_id>/secret/",
            self.admin_site.admin_view(self.secret_view),
            name="accounts_registration_secret",
        )
        return [renew, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show it; with a way to another secret, if it has one."""
        obj = self.get_object(request, object_id)
        has_secret = obj is not None and obj.kind in CONFIDENTIAL and self.has_change_permission(request, obj)
        url = reverse("admin:accounts_registration_secret", args=[object_id]) if has_secret else ""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "secret_url": url})

    def secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make another secret and show it; asked by a form on the page, so never by a link from elsewhere."""
        obj = self.get_object(request, object_id)
        if obj is None or request.method != "POST":
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        try:
            made = renew_secret(acting(request), registration_id=obj.pk, now=timezone.now())
        except ImError as error:
            raise PermissionDenied(error.text) from error
        return self._shown(request, made)

    def _shown(self, request: HttpRequest, made: Registered) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": made.registration.application.name,
            "opts": self.opts,
            "registration": made.registration,
            "secret": made.secret,
            "back_url": reverse("admin:accounts_registration_change", args=[made.registration.pk]),
        }
        response = TemplateResponse(request, "admin/accounts/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response
