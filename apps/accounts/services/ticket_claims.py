"""What a one-time ticket says (RFC 7519), and when that may be believed: rules without a clock, a key or a database.

A light app's server checks the same by its own means; docs/identity.md says how.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.http.request import split_domain_port, validate_host
from django.utils.translation import gettext as _

from apps.access.units import find_unit
from apps.accounts.errors import TokenInvalid
from apps.accounts.models.tickets import MAX_AUDIENCE_CHARS
from apps.accounts.policies import SCOPE
from apps.common.errors import InvalidInput

TYP: Final = "imsite-ticket+jwt"
"""In the header (RFC 8725 §3.11), so that no ticket passes for an identity token, nor the other way round."""
OWN_AUDIENCE: Final = "imsite"
"""The audience of tickets that open imsite itself. What is for anybody else opens nothing here."""
MIN_LIFETIME_S: Final = 5
MAX_LIFETIME_S: Final = 300
"""Of a ticket. Longer ones would have to be remembered for longer once they were used."""
DEFAULT_LIFETIME_S: Final = 60
SKEW_S: Final = 300
"""By so much the clock of the node that issued a ticket may be ahead of the one that reads it."""
LEEWAY_S: Final = 30
"""By so much a ticket may be late: the way it took, and clocks that differ as good ones do. No more, skew or not."""
MAX_SCOPES: Final = 32
MAX_SCOPE_CHARS: Final = 64

_UNFIT: Final = frozenset('"\\')
"""What no scope may hold (RFC 6749 §3.3)."""


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claims of one ticket, by their names in it. Times are unix seconds; `sub` is a user's id."""

    iss: str
    sub: UUID
    tenant: UUID
    aud: str
    jti: UUID
    scope: str
    iat: int
    nbf: int
    exp: int

    @property
    def scopes(self) -> frozenset[str]:
        """What it opens, as a set."""
        return frozenset(self.scope.split())

    @property
    def claims(self) -> dict[str, Any]:
        """What is signed."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def read_claims(claims: Mapping[str, Any], *, audience: str, hosts: Sequence[str], now_s: float) -> Ticket:
    """Return the ticket that signed claims are, if they are for this audience and it may be used at this moment.

    `hosts`: the names that this installation answers to, as Django's ALLOWED_HOSTS has them.

    Raises TokenInvalid.
    """
    try:
        ticket = msgspec.convert(claims, Ticket)
    except msgspec.ValidationError as error:
        raise TokenInvalid from error
    is_ours = is_issued_here(ticket.iss, hosts=hosts)
    if not is_ours or ticket.aud != audience or not is_current(ticket, now_s=now_s):
        raise TokenInvalid
    return ticket


def is_issued_here(issuer: str, *, hosts: Sequence[str]) -> bool:
    """Tell whether an issuer is an origin of this installation, to which its keys belong (RFC 8725 §3.8).

    An installation has as many issuers as names: a ticket made at one of them is good at all.
    """
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or issuer != f"{parts.scheme}://{parts.netloc}":
        return False
    host, _port = split_domain_port(parts.netloc)
    return bool(host) and validate_host(host, hosts)


def is_current(ticket: Ticket, *, now_s: float) -> bool:
    """Tell whether a ticket may be used now: begun by a clock that is SKEW_S ahead, ended by LEEWAY_S at most.

    One that claims to live longer than any that is issued counts for nothing, whoever signed it.
    """
    has_begun = max(ticket.iat, ticket.nbf) <= now_s + SKEW_S
    is_short = 0 < ticket.exp - ticket.iat <= MAX_LIFETIME_S
    return has_begun and is_short and now_s < ticket.exp + LEEWAY_S


def clean_audience(text: str) -> str:
    """Return the audience: visible ASCII, no spaces. Raises InvalidInput."""
    if not 1 <= len(text) <= MAX_AUDIENCE_CHARS or not _is_visible(text):
        raise InvalidInput(field="audience", reason=_visible(MAX_AUDIENCE_CHARS))
    return text


def clean_scopes(scopes: Iterable[str], *, audience: str) -> str:
    """Return scopes as a ticket carries them, in order, each once.

    For imsite itself they are `im` or permission units, one at least; for a light app they mean what it says they mean.
    Raises InvalidInput.
    """
    found = sorted(set(scopes))
    if not found and audience == OWN_AUDIENCE:
        raise InvalidInput(field="scopes", reason=_("needs one at least"))
    if len(found) > MAX_SCOPES:
        raise InvalidInput(field="scopes", reason=_("has at most %(limit)d") % {"limit": MAX_SCOPES})
    for scope in found:
        if audience == OWN_AUDIENCE and scope != SCOPE and find_unit(scope) is None:
            raise InvalidInput(field="scopes", reason=_("there is no scope %(scope)s") % {"scope": scope})
        if not 1 <= len(scope) <= MAX_SCOPE_CHARS or not _is_visible(scope) or not _UNFIT.isdisjoint(scope):
            raise InvalidInput(field="scopes", reason=_visible(MAX_SCOPE_CHARS))
    return " ".join(found)


def clean_lifetime(seconds: int) -> int:
    """Return how long a ticket is to live. Raises InvalidInput."""
    if not MIN_LIFETIME_S <= seconds <= MAX_LIFETIME_S:
        reason = _("must be between %(low)d and %(high)d") % {"low": MIN_LIFETIME_S, "high": MAX_LIFETIME_S}
        raise InvalidInput(field="lifetime_s", reason=reason)
    return seconds


def _is_visible(text: str) -> bool:
    return all("!" <= sign <= "~" for sign in text)


def _visible(limit: int) -> str:
    return _("needs 1 to %(limit)d visible ASCII characters, without spaces") % {"limit": limit}
