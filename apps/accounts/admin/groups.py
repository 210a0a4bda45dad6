"""Groups of permissions, for staff who may do some things in the admin but not all."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from apps.common.admin import SystemAdmin

admin.site.unregister(Group)


@admin.register(Group)
class PermissionGroupAdmin(GroupAdmin, SystemAdmin[Group]):
    """Django's own groups. Only superusers touch them: who may grant permissions could grant herself all."""

    list_display = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return request.user.is_active and request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers."""
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers."""
        return request.user.is_active and request.user.is_superuser
