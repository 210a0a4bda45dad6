"""What a tenant tells of its directory: read from a connection's JSON column, whose form is this struct. Pure.

The password that we bind with is no part of it: connections keep it sealed.
"""

import re
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal

import msgspec

from apps.identity.ldap.names import is_dn, is_filter

MAX_SERVERS: Final = 5
"""Of one directory; more are refused. They are tried in order, each for at most its timeout."""
MAX_CA_CHARS: Final = 65_536
"""Of the authorities' certificates; longer ones are refused."""
MAX_INTERVAL_MINUTES: Final = 7 * 24 * 60

ATTRIBUTE_PATTERN: Final = "[A-Za-z][A-Za-z0-9-]{0,63}"
SERVER_PATTERN: Final = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?$"

AttributeName = Annotated[str, msgspec.Meta(pattern=f"^{ATTRIBUTE_PATTERN}$")]
OptionalAttribute = Annotated[str, msgspec.Meta(pattern=f"^({ATTRIBUTE_PATTERN})?$")]
Dn = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Filter = Annotated[str, msgspec.Meta(min_length=3, max_length=2_000)]
Server = Annotated[str, msgspec.Meta(pattern=SERVER_PATTERN)]


class Attributes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which attribute of an entry is what. An empty one is not read."""

    id: AttributeName = "entryUUID"
    """The entry's lasting id; `objectGUID` is read as Active Directory keeps it."""
    username: AttributeName = "uid"
    display_name: AttributeName = "cn"
    email: OptionalAttribute = "mail"
    title: OptionalAttribute = "title"
    disabled: OptionalAttribute = ""
    """`userAccountControl` is read as bits (2: disabled), any other attribute as TRUE or FALSE."""
    department: AttributeName = "ou"
    """The name of a department: of a unit, or of a group."""
    member: AttributeName = "member"
    """Who is in a group, by distinguished name."""


class LdapSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One directory."""

    servers: Annotated[tuple[Server, ...], msgspec.Meta(min_length=1, max_length=MAX_SERVERS)]
    security: Literal["ldaps", "starttls", "plain"] = "ldaps"
    """`plain` is refused for any server but the machine itself."""
    ca_pem: Annotated[str, msgspec.Meta(max_length=MAX_CA_CHARS)] = ""
    """Authorities to believe besides none; empty: those of the operating system."""
    bind_dn: Dn
    people_base: Dn
    people_filter: Filter = "(objectClass=inetOrgPerson)"
    departments: Literal["units", "groups", "none"] = "units"
    """units: a person is in the unit her entry lies in. groups: in those that name her. none: in the one department."""
    departments_base: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    departments_filter: Filter = "(objectClass=organizationalUnit)"
    attributes: Attributes = Attributes()
    page_size: Annotated[int, msgspec.Meta(ge=10, le=1_000)] = 500
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=30)] = 5
    """For connecting, and for each answer."""
    signs_in: bool = True
    adopts: bool = False
    interval_minutes: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTERVAL_MINUTES)] = 0
    """Between scheduled runs; 0: none."""
    vanishing_count: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 50
    vanishing_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 10


PRESETS: Final[dict[str, dict[str, Any]]] = {
    "openldap": {},
    "active_directory": {
        "people_filter": "(&(objectCategory=person)(objectClass=user))",
        "attributes": {
            "id": "objectGUID",
            "username": "sAMAccountName",
            "display_name": "displayName",
            "disabled": "userAccountControl",
        },
    },
}
"""What differs from the defaults for directories of this make."""
GROUPS: Final = {"openldap": "(objectClass=groupOfNames)", "active_directory": "(objectClass=group)"}
"""The filter for departments that are groups."""


class SettingsRefused(ValueError):
    """The settings have another form, or contradict themselves. The text says where."""


def read_settings(stored: dict[str, Any]) -> LdapSettings:
    """Return the settings of a directory. Raises SettingsRefused."""
    try:
        settings = msgspec.convert(stored, LdapSettings)
    except msgspec.ValidationError as error:
        raise SettingsRefused(str(error)) from error
    wrong = [name for name in ("bind_dn", "people_base") if not is_dn(getattr(settings, name))]
    wrong += [] if all(map(is_server, settings.servers)) else ["servers"]
    if settings.departments != "none" and not is_dn(settings.departments_base):
        wrong.append("departments_base")
    wrong += [name for name in ("people_filter", "departments_filter") if not is_filter(getattr(settings, name))]
    if settings.security == "plain" and not all(is_loopback(server) for server in settings.servers):
        wrong.append("security")
    if wrong:
        raise SettingsRefused(", ".join(wrong))
    return settings


def preset(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return settings with those of a make beneath them. Raises KeyError for an unknown make."""
    beneath = PRESETS[name]
    if given.get("departments") == "groups":
        named = {**beneath.get("attributes", {}), "department": "cn"}
        beneath = {**beneath, "departments_filter": GROUPS[name], "attributes": named}
    attributes = {**beneath.get("attributes", {}), **given.get("attributes", {})}
    return {**beneath, **given, **({"attributes": attributes} if attributes else {})}


def is_server(text: str) -> bool:
    """Tell whether a text names a server: `host`, `host:port` or `[v6]:port`."""
    return re.fullmatch(SERVER_PATTERN, text) is not None and split_server(text, default_port=1)[1] in range(1, 65_536)


def is_loopback(server: str) -> bool:
    """Tell whether a server is this machine, so that what is said stays on it."""
    host = split_server(server, default_port=0)[0]
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, which may lead anywhere
        return False


def split_server(server: str, *, default_port: int) -> tuple[str, int]:
    """Return host and port of `host`, `host:port` or `[v6]:port`."""
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        host, port = server, ""
    return host.strip("[]"), int(port) if port else default_port
