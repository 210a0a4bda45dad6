"""Who may sign in with what: one set of rules for the REST API, for sessions and for whatever else asks.

Pure but for the catalogue of platforms: what is stored and the time come in, a verdict comes out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from apps.accounts.errors import SignedInElsewhere, TerminalRefused, TokenInvalid
from apps.accounts.models import Terminal
from apps.common.clock import to_ms
from apps.common.errors import ImError, InvalidInput
from apps.common.text import clean_line
from apps.tenants.models import Tenant
from apps.wire.ids import TenantId, UserId

SCOPE: Final = "im"
"""The scope that an access token needs."""

MAX_NAME_CHARS: Final = 64
"""Of a terminal's name."""

SEEN_RESOLUTION: Final = timedelta(minutes=5)
"""A terminal's `last_seen_at` may be older than its last sign-in by this much: reconnects cost reads, not writes."""

NIL: Final = UUID(int=0)
PLATFORMS: Final = frozenset(Terminal.Platform.values)
"""Looked up at every sign-in; the enumeration makes its list anew each time."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a token opens: `SCOPE` everything its user may do, else the permission units among `scopes` alone.

    `token_id` is the row's or the ticket's, for whoever keeps books; never what the token itself is.
    """

    scopes: frozenset[str]
    client_id: str
    token_id: str
    expires_ms: int

    @property
    def is_whole(self) -> bool:
        """True where the program may do everything that the person may."""
        return SCOPE in self.scopes

    def reaches(self, unit_codes: Iterable[str]) -> bool:
        """Tell whether an endpoint that works by these units may be asked with this token."""
        return self.is_whole or not self.scopes.isdisjoint(unit_codes)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is signed in, as the gateway needs it: no row, no query."""

    tenant_id: TenantId
    user_id: UserId
    locale: str
    expires_ms: int
    requests_per_minute: int | None = None
    """A service account's own rate; None for that of people."""


class Found(NamedTuple):
    """What is stored about an access token and a terminal id, None where there is nothing."""

    expires: datetime | None
    scope: str
    user_id: UUID | None
    tenant_id: UUID | None
    user_is_active: bool
    tenant_status: str
    locale: str
    terminal_user_id: UUID | None
    terminal_revoked_at: datetime | None
    terminal_platform: str
    terminal_name: str
    terminal_seen_at: datetime | None
    token_created_at: datetime | None = None
    token_id: int = 0
    token_family: UUID | None = None
    is_linked: bool = True
    """The terminal is known to sign in with this token's chain."""
    displaced_at: datetime | None = None
    displaced_by: str = ""
    terminal_address: str = ""
    is_bounded: bool = False
    """The tenant bounds how many terminals of this platform a person has at a time."""
    is_crowded: bool = False
    """And there are more than that."""
    requests_per_minute: int | None = None
    """A service account's own rate."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Someone at the door, as her terminal describes itself. `fault`: what is wrong with that, for who may know."""

    checksum: str
    terminal_id: UUID
    platform: str
    name: str
    fault: ImError | None = None
    address: str = ""


def arrive(checksum: str, terminal_id: UUID, platform: str, name: str, *, address: str = "") -> Arrival:
    """Return the arrival with its name in order, or with its fault: nobody without a token learns of that."""
    try:
        if platform not in PLATFORMS:
            raise InvalidInput(field="platform", reason=platform)
        if terminal_id == NIL:
            raise TerminalRefused
        label = clean_line(name, field="name", max_chars=MAX_NAME_CHARS, required=False)
    except ImError as fault:
        return Arrival(checksum, terminal_id, "", "", fault)
    return Arrival(checksum, terminal_id, platform, label, address=address)


def lives(*, expires: datetime | None, user_is_active: bool, tenant_status: str, now: datetime) -> bool:
    """Tell whether a token is worth anything: not expired, its user and her tenant active."""
    return expires is not None and now < expires and user_is_active and tenant_status == Tenant.Status.ACTIVE


def opens(*, expires: datetime | None, scope: str, user_is_active: bool, tenant_status: str, now: datetime) -> bool:
    """Tell whether a token lets its user in as a whole, as a session has to: it lives, and is of our scope."""
    is_alive = lives(expires=expires, user_is_active=user_is_active, tenant_status=tenant_status, now=now)
    return is_alive and SCOPE in scope.split()


def judge(arrival: Arrival, found: Found, *, now: datetime) -> Principal | ImError:
    """Return who comes in, or why not. A terminal id that nobody has is no reason: it becomes hers.

    Whose token has ended together with her terminal is told what became of that; a token tells whose she is all the
    same.
    """
    if found.user_id is None or found.tenant_id is None or found.expires is None:
        return TokenInvalid()
    refusal = _terminal_refusal(arrival, found) if _is_good(found, now) else _token_refusal(arrival, found)
    if refusal is not None:
        return refusal
    who = TenantId(found.tenant_id), UserId(found.user_id)
    return Principal(*who, found.locale, to_ms(found.expires), found.requests_per_minute)


def takes_a_place(arrival: Arrival, found: Found) -> bool:
    """Tell whether an accepted terminal is to get a place among those of its platform, as others may have to go."""
    if found.displaced_at is not None:
        return True
    is_known_as_such = found.terminal_user_id is not None and found.terminal_platform == arrival.platform
    return found.is_bounded and (found.is_crowded or not is_known_as_such)


def _is_good(found: Found, now: datetime) -> bool:
    return opens(
        expires=found.expires,
        scope=found.scope,
        user_is_active=found.user_is_active,
        tenant_status=found.tenant_status,
        now=now,
    )


def _token_refusal(arrival: Arrival, found: Found) -> ImError:
    """A token that is no good any more; but for its end, it may still say who is told what became of the terminal."""
    is_hers = arrival.fault is None and found.terminal_user_id == found.user_id
    if is_hers and _is_good(found, datetime.min.replace(tzinfo=UTC)):
        return _shut_out(found) or TokenInvalid()
    return TokenInvalid()


def _terminal_refusal(arrival: Arrival, found: Found) -> ImError | None:
    if arrival.fault is not None:
        return arrival.fault
    if found.terminal_user_id is not None and found.terminal_user_id != found.user_id:
        return TerminalRefused()
    return _shut_out(found)


def _shut_out(found: Found) -> ImError | None:
    """A terminal that lost its place gets one back with a token of a later sign-in; a revoked one never does."""
    if found.terminal_revoked_at is not None:
        return TerminalRefused()
    if found.displaced_at is None or found.token_created_at is None or found.token_created_at > found.displaced_at:
        return None
    at_ms = to_ms(found.displaced_at)
    return SignedInElsewhere(platform=found.terminal_platform, name=found.displaced_by, at=at_ms)


def is_worth_noting(arrival: Arrival, found: Found, *, now: datetime) -> bool:
    """Tell whether a stored terminal has another name, platform or address by now, or was not seen for a while."""
    if (found.terminal_platform, found.terminal_name) != (arrival.platform, arrival.name):
        return True
    if arrival.address and arrival.address != found.terminal_address:
        return True
    return found.terminal_seen_at is None or now - found.terminal_seen_at > SEEN_RESOLUTION
