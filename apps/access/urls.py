"""Addresses of powers and the audit log in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.access.api import grants, powers, roles, trail

urlpatterns = [
    path("me/powers", powers.MyPowersView.as_view(), name="my-powers"),
    path("units", powers.UnitsView.as_view(), name="units"),
    path("roles", roles.RolesView.as_view(), name="roles"),
    path("roles/<uuid:role>", roles.RoleDetailView.as_view(), name="role"),
    path("grants", grants.GrantsView.as_view(), name="grants"),
    path("grants/bulk", grants.GrantsBulkView.as_view(), name="grants-bulk"),
    path("grants/<uuid:grant>", grants.GrantDetailView.as_view(), name="grant"),
    path("audit", trail.AuditView.as_view(), name="audit"),
]
