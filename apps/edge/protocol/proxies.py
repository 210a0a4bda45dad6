"""Whose request it is that a proxy passed on (X-Forwarded-For, X-Forwarded-Proto; Forwarded, RFC 7239).

Only what trusted proxies said is believed: the list is read from its end, each proxy having appended the address it
was asked by, up to the first address that is not a proxy of ours. What is further left anybody may have made up.
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from apps.edge.protocol.request import Headers

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_HOPS: Final = 16
"""Proxies that a request may have passed; what came before them is not looked at."""

KEPT_ADDRESSES: Final = 1_024
"""Addresses of which it is remembered whether they are trusted; the one that was longest not asked for goes."""

IPV6_PREFIX: Final = 64
"""A household or a host has a whole /64: limits per address count it as one."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request came from, and whether it came over TLS to the outermost trusted proxy."""

    address: str
    is_secure: bool


class TrustedProxies:
    """The networks whose word on the client's address is taken."""

    __slots__ = ("_networks", "trusts")

    def __init__(self, networks: Iterable[str]) -> None:
        """Take networks in CIDR notation or single addresses. Raises ValueError for anything else."""
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in networks)
        self.trusts: Callable[[str], bool] = lru_cache(KEPT_ADDRESSES)(self._is_trusted)
        """Whether this address is a proxy of ours. Remembered, for the few there are open all connections."""

    def _is_trusted(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def source_of(self, headers: Headers, peer: str, *, is_secure: bool) -> Source:
        """Return who asks: the peer itself unless it is a proxy that names someone else."""
        if not self._networks or not self.trusts(peer):
            return Source(peer, is_secure)
        hops = _forwarded(headers) or _x_forwarded(headers)
        source = Source(peer, is_secure)
        for hop in reversed(hops[-MAX_HOPS:]):
            address = parse_address(hop.address)
            if address is None:
                break
            source = Source(str(address), hop.is_secure if hop.is_secure is not None else source.is_secure)
            if not self.trusts(source.address):
                break
        return source


@dataclass(frozen=True, slots=True)
class _Hop:
    address: str
    is_secure: bool | None


def parse_address(text: str) -> Address | None:
    """Read `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1` and `[2001:db8::1]:80`; an IPv4 address in IPv6 form is IPv4."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def counting_key(address: str) -> str:
    """What limits per address count by: the address itself, of IPv6 its /64."""
    if ":" not in address:
        return address
    parsed = parse_address(address)
    if not isinstance(parsed, ipaddress.IPv6Address):
        return address if parsed is None else str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False).network_address)


def _forwarded(headers: Headers) -> list[_Hop]:
    return [_forwarded_hop(element) for element in _members(headers, b"forwarded")]


def _forwarded_hop(element: str) -> _Hop:
    pairs = {name.strip().lower(): value.strip().strip('"') for name, _, value in _pairs(element)}
    scheme = pairs.get("proto")
    return _Hop(pairs.get("for", ""), None if scheme is None else _is_tls(scheme))


def _pairs(element: str) -> list[tuple[str, str, str]]:
    return [pair.partition("=") for pair in element.split(";")]


def _x_forwarded(headers: Headers) -> list[_Hop]:
    """X-Forwarded-Proto is one word for the whole way, or one for each proxy."""
    schemes = _members(headers, b"x-forwarded-proto")
    addresses = _members(headers, b"x-forwarded-for")
    if len(schemes) != len(addresses):
        schemes = schemes[:1] * len(addresses)
    secure: list[bool | None] = [_is_tls(scheme) for scheme in schemes]
    return [_Hop(address, is_tls) for address, is_tls in zip(addresses, secure or [None] * len(addresses), strict=True)]


def _members(headers: Headers, name: bytes) -> list[str]:
    joined = ",".join(value.decode("latin-1") for key, value in headers if key == name)
    return [part.strip() for part in joined.split(",") if part.strip()]


def _is_tls(scheme: str) -> bool:
    return scheme.lower() in {"https", "wss"}
