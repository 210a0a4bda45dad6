"""Admin of tenants: make, rename, suspend, activate."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.common.admin import SystemAdmin, display
from apps.tenants.models import Tenant
from apps.tenants.services import SYSTEM_SLUG, activate_tenant, create_tenant, suspend_tenant


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Name and status. A new tenant has its short name too, and is made by the service."""

    def clean_status(self) -> str:
        """Keep the door open for those who run the installation."""
        status: str = self.cleaned_data["status"]
        if status == Tenant.Status.SUSPENDED and self.instance.slug == SYSTEM_SLUG:
            raise forms.ValidationError(_("The tenant of the system's administrators can't be suspended."))
        before = Tenant.objects.get(pk=self.instance.pk).status
        if status != before and not {status, before} <= {Tenant.Status.ACTIVE, Tenant.Status.SUSPENDED}:
            raise forms.ValidationError(_("Deleting a tenant, and taking that back, is not done here."))
        return status

    def save_m2m(self) -> None:
        """Nothing: there are no such fields."""

    def save(self, commit: bool = True) -> Tenant:
        """Make a new tenant by the service; a known one is stored by the page."""
        if not self.instance._state.adding:
            tenant: Tenant = super().save(commit)
            return tenant
        return create_tenant(slug=self.cleaned_data["slug"], name=self.cleaned_data["name"])

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a private hook of Django that the stubs leave out
        if self.instance._state.adding and not self.errors and self.instance.slug == SYSTEM_SLUG:
            self.add_error("slug", _("This short name is reserved."))


@admin.register(Tenant)
class TenantAdmin(SystemAdmin[Tenant]):
    """Tenants. Suspending one keeps all its users out; nothing of theirs is lost."""

    form = TenantForm
    list_display = ("name", "slug", "shown_status", "created_at", "people")
    list_filter = ("status",)
    search_fields = ("name", "slug")
    ordering = ("slug",)
    actions = ("suspend", "activate")

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        """A new tenant begins active."""
        return ("slug", "name") if obj is None else ("slug", "name", "status", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        """The short name is part of every sign-in name, so it stays."""
        return () if obj is None else ("slug", "created_at")

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Store a rename as it is; a new status goes through the service."""
        if not change:
            return
        if "name" in form.changed_data:
            obj.save(update_fields=["name"])
        if "status" in form.changed_data:
            (activate_tenant if obj.is_active else suspend_tenant)(obj)

    @display(description=_("status"), ordering="status", label={"active": "success", "suspended": "danger"})
    def shown_status(self, obj: Tenant) -> tuple[str, str]:
        """The status as a coloured label."""
        return obj.status, obj.get_status_display()

    @display(description=_("users"))
    def people(self, obj: Tenant) -> SafeString:
        """A link to the users of this tenant."""
        url = reverse("admin:accounts_user_changelist", query={"tenant__id__exact": obj.pk})
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("show"))

    @admin.action(description=_("Suspend: keep their users out"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Suspend the chosen ones, but never the system's own."""
        if queryset.filter(slug=SYSTEM_SLUG).exists():
            warning = _("The tenant of the system's administrators can't be suspended.")
            self.message_user(request, warning, messages.WARNING)
        tenants = list(queryset.exclude(slug=SYSTEM_SLUG).filter(status=Tenant.Status.ACTIVE))
        for tenant in tenants:
            suspend_tenant(tenant)
            self.log_change(request, tenant, [{"changed": {"fields": ["status"]}}])
        text = ngettext("%(count)d tenant suspended.", "%(count)d tenants suspended.", len(tenants))
        self.message_user(request, text % {"count": len(tenants)})

    @admin.action(description=_("Activate: let their users in"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        """Activate the chosen ones."""
        tenants = list(queryset.filter(status=Tenant.Status.SUSPENDED))
        for tenant in tenants:
            activate_tenant(tenant)
            self.log_change(request, tenant, [{"changed": {"fields": ["status"]}}])
        text = ngettext("%(count)d tenant activated.", "%(count)d tenants activated.", len(tenants))
        self.message_user(request, text % {"count": len(tenants)})
