"""Pages of the admin about tenants."""

from apps.tenants.admin.tenants import TenantAdmin as TenantAdmin
