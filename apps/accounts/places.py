"""Where an address is, in a plain word: on this machine, in a network of one's own, or in the world.

Deliberately no more: which city an address belongs to is guesswork of a data base that has to be bought and kept.
"""

from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Place(StrEnum):
    """Kinds of addresses. Clients switch on them; they never change meaning."""

    UNKNOWN = ""
    LOOPBACK = "loopback"
    PRIVATE = "private"
    PUBLIC = "public"


WORDS: Final[dict[Place, str | Promise]] = {
    Place.UNKNOWN: _("unknown"),
    Place.LOOPBACK: _("this server itself"),
    Place.PRIVATE: _("own network"),
}
"""What people read; a public address speaks for itself."""


def place_of(address: str) -> Place:
    """Return what kind of address it is; an IPv4 address within an IPv6 one counts as itself (RFC 4291 §2.5.5.2)."""
    try:
        found = ip_address(address)
    except ValueError:
        return Place.UNKNOWN
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return Place.LOOPBACK
    return Place.PRIVATE if found.is_private or found.is_link_local else Place.PUBLIC


def described(address: str) -> str:
    """Return where that is, for people: `own network (10.1.2.3)`."""
    place = place_of(address)
    if place is Place.PUBLIC:
        return address
    return str(WORDS[place]) if place is Place.UNKNOWN else f"{WORDS[place]} ({address})"
