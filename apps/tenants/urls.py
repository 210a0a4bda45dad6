"""Addresses of tenants in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.tenants import api

urlpatterns = [
    path("tenants", api.TenantsView.as_view(), name="tenants"),
    path("tenants/<uuid:tenant>", api.TenantDetailView.as_view(), name="tenant"),
    path("tenants/<uuid:tenant>/status", api.TenantStatusView.as_view(), name="tenant-status"),
]
