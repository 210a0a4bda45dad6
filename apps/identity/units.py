"""What may be allowed about connections to identity providers and directories."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.access.scopes import Level
from apps.access.units import Permission, Unit

_GROUP: Final = _("Identity")

CONNECTIONS_VIEW: Final = Unit(
    "identity.connections.view", _("see connections to identity providers and directories"), _GROUP, Level.TENANT
)
CONNECTIONS_CHANGE: Final = Unit(
    "identity.connections.change", _("change connections to identity providers and directories"), _GROUP, Level.TENANT
)
LINKS_VIEW: Final = Unit("identity.links.view", _("see linked accounts"), _GROUP, Level.DEPARTMENT)
LINKS_REMOVE: Final = Unit("identity.links.remove", _("remove linked accounts"), _GROUP, Level.DEPARTMENT)

UNITS: Final = (CONNECTIONS_VIEW, CONNECTIONS_CHANGE, LINKS_VIEW, LINKS_REMOVE)
ADMIN_UNITS: Final[Mapping[Permission, Unit]] = {
    ("identity", "connection", "view"): CONNECTIONS_VIEW,
    ("identity", "connection", "add"): CONNECTIONS_CHANGE,
    ("identity", "connection", "change"): CONNECTIONS_CHANGE,
    ("identity", "connection", "delete"): CONNECTIONS_CHANGE,
    ("identity", "directoryrun", "view"): CONNECTIONS_VIEW,
    ("identity", "directoryrun", "change"): CONNECTIONS_CHANGE,
    ("identity", "scimtoken", "view"): CONNECTIONS_VIEW,
    ("identity", "scimtoken", "change"): CONNECTIONS_CHANGE,
    ("identity", "link", "view"): LINKS_VIEW,
    ("identity", "link", "change"): LINKS_REMOVE,
}
