"""What may be allowed about tenants."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.access.units import Permission, Unit

_GROUP: Final = _("Tenants")

TENANT_VIEW: Final = Unit("tenants.tenant.view", _("see the tenant's page"), _GROUP, Level.TENANT)
TENANT_CHANGE: Final = Unit("tenants.tenant.change", _("change the tenant's name and settings"), _GROUP, Level.TENANT)
TENANT_EXPORT: Final = Unit("tenants.tenant.export", _("export everything of the tenant"), _GROUP, Level.TENANT)
TENANT_MANAGE: Final = Unit(
    "tenants.tenant.manage",
    _("make, suspend and delete tenants, and set their plans, limits and host names"),
    _GROUP,
    Level.SYSTEM,
)

UNITS: Final = (TENANT_VIEW, TENANT_CHANGE, TENANT_EXPORT, TENANT_MANAGE)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {
    ("tenants", "tenant", "view"): TENANT_VIEW,
    ("tenants", "tenant", "add"): TENANT_MANAGE,
    ("tenants", "tenant", "change"): TENANT_CHANGE,
    ("tenants", "tenant", "delete"): TENANT_MANAGE,
}
