"""Connections of tenants to identity providers and directories, and what is kept of each."""

from apps.identity.models.connections import Connection
from apps.identity.models.directories import Absence, DepartmentLink, DirectoryClock, DirectoryRun
from apps.identity.models.links import Link
from apps.identity.models.scim import ScimToken, ScimUser

__all__ = [
    "Absence",
    "Connection",
    "DepartmentLink",
    "DirectoryClock",
    "DirectoryRun",
    "Link",
    "ScimToken",
    "ScimUser",
]
