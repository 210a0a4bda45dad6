"""One-time tickets (RFC 7519): made for whoever is signed in, checked without looking anything up, used once.

A ticket hands a light app's server, or a program, as much as its scopes say, for minutes, and no token. Nothing is
stored when one is made. When one is used, a row with its id is inserted: the table's key decides who was first, on
whichever node. Rows go once their tickets have ended by the slowest clock that is borne with.

Who was signed out, deactivated or whose tenant was suspended after a ticket was made has no use of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from oauth2_provider.models import get_access_token_model, set_token_value

from apps.accounts.errors import ScopeInsufficient, TicketInvalid, TicketSpent, TokenInvalid
from apps.accounts.models import SpentTicket, User
from apps.accounts.policies import SCOPE, Access
from apps.accounts.services.keys import ES256, keys
from apps.accounts.services.ticket_claims import (
    LEEWAY_S,
    OWN_AUDIENCE,
    SKEW_S,
    TYP,
    Ticket,
    clean_audience,
    clean_lifetime,
    clean_scopes,
    read_claims,
)
from apps.common.clock import to_ms
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction

SESSION: Final = timedelta(hours=1)
"""How long a session may last that a ticket opened; as long as an access token. A new ticket prolongs it."""
REMEMBERED: Final = timedelta(seconds=2 * SKEW_S + LEEWAY_S)
"""For how long after its end a used ticket is remembered: the node that forgets may be ahead, the one that reads late,
by the skew each."""
_FORGOTTEN_AT_ONCE: Final = 20
"""Ended rows of the tenant that each use takes away: many more than it adds, so the table shrinks to what is needed."""
_BY_TICKET: Final = "ticket:"
"""How the token id of an access begins that a ticket gave."""


class IssuedTicket(NamedTuple):
    """A ticket, and when it ends in unix ms."""

    token: str
    expires_ms: int


def issue_ticket(
    actor: User,
    access: Access,
    *,
    issuer: str,
    audience: str,
    scopes: Iterable[str],
    lifetime_s: int,
    now: datetime,
) -> IssuedTicket:
    """Return a ticket that speaks for the actor to `audience` (OWN_AUDIENCE is imsite itself) for so many seconds.

    Whoever may do everything in her name may hand some of it on; a program that was granted less may not, lest it sign
    in to light apps as her, and no ticket begets another. Raises ScopeInsufficient, InvalidInput or Unavailable.
    """
    if not access.is_whole or access.token_id.startswith(_BY_TICKET):
        raise ScopeInsufficient
    begins_s = to_ms(now) // 1000
    ticket = Ticket(
        iss=issuer,
        sub=actor.id,
        tenant=actor.tenant_id,
        aud=clean_audience(audience),
        jti=new_id(),
        scope=clean_scopes(scopes, audience=audience),
        iat=begins_s,
        nbf=begins_s,
        exp=begins_s + clean_lifetime(lifetime_s),
    )
    return IssuedTicket(keys.sign(ticket.claims, algorithm=ES256, typ=TYP), ticket.exp * 1000)


def is_ticket(token: str) -> bool:
    """Tell a ticket from an access token, by its form: those of the token endpoint have no dots."""
    return token.count(".") == 2


def read_ticket(token: str, *, audience: str, now: datetime) -> Ticket:
    """Return what a ticket says that this installation signed for this audience, while it may be used.

    No query while the ring of keys is known. Raises TokenInvalid.
    """
    claims = keys.verify(token, algorithm=ES256, typ=TYP)
    return read_claims(claims, audience=audience, hosts=settings.ALLOWED_HOSTS, now_s=now.timestamp())


def user_for_ticket(token: str, *, now: datetime) -> tuple[User, Access]:
    """Use a ticket for one request: return the user (tenant loaded) and what it opens. Five queries.

    Raises TokenInvalid where it is not for imsite, has ended, or its user or tenant may not sign in; TicketSpent.
    """
    ticket = read_ticket(token, audience=OWN_AUDIENCE, now=now)
    user = _user_of(ticket)
    spend(ticket, now=now)
    return user, Access(ticket.scopes, "", f"{_BY_TICKET}{ticket.jti}", ticket.exp * 1000)


def open_session(token: str, *, now: datetime) -> None:
    """Use a ticket for one session: from now on it counts as an access token of SESSION, for session sign-in alone.

    As a token it is listed, revoked and tied to its terminal like any other; for REST it stays a used ticket. Raises
    TokenInvalid also where its scopes are not the whole, and TicketSpent.
    """
    ticket = read_ticket(token, audience=OWN_AUDIENCE, now=now)
    if SCOPE not in ticket.scopes:
        raise TokenInvalid
    user = _user_of(ticket)

    def store() -> None:
        spend(ticket, now=now)
        row = get_access_token_model()(user=user, expires=now + SESSION, scope=SCOPE)
        set_token_value(row, token)
        row.save(force_insert=True)

    run_in_transaction(store)


def spend_for_app(token: str, *, tenant_id: UUID, audience: str, now: datetime) -> tuple[User, Ticket]:
    """Use a ticket that was made for this light app, a program of this tenant; return who came with it and the ticket.

    Raises TicketInvalid.
    """
    try:
        ticket = read_ticket(token, audience=audience, now=now)
        if audience == OWN_AUDIENCE or ticket.tenant != tenant_id:
            raise TokenInvalid
        user = _user_of(ticket)
        spend(ticket, now=now)
    except (TokenInvalid, TicketSpent) as error:
        raise TicketInvalid from error
    return user, ticket


def spend(ticket: Ticket, *, now: datetime) -> None:
    """Let nobody use this ticket again. Raises TicketSpent if somebody did. Some that have ended are forgotten."""
    row = SpentTicket(
        id=ticket.jti,
        tenant_id=ticket.tenant,
        user_id=ticket.sub,
        audience=ticket.aud,
        spent_at=now,
        expires_at=datetime.fromtimestamp(ticket.exp, tz=now.tzinfo),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise TicketSpent from error
    forget_ended(ticket.tenant, now=now)


def forget_ended(tenant_id: UUID, *, now: datetime) -> int:
    """Forget used tickets of the tenant that nobody could use again; return how many, _FORGOTTEN_AT_ONCE at most."""
    ended = SpentTicket.objects.for_tenant(tenant_id).filter(expires_at__lt=now - REMEMBERED).order_by("expires_at")
    oldest = list(ended.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    if not oldest:
        return 0
    return SpentTicket.objects.for_tenant(tenant_id).filter(pk__in=oldest).delete()[0]


def _user_of(ticket: Ticket) -> User:
    """Return whom the ticket speaks for. Raises TokenInvalid for who may not sign in, or signed out since."""
    user = User.objects.for_tenant(ticket.tenant).select_related("tenant").filter(pk=ticket.sub).first()
    if user is None or not user.is_active or not user.tenant.is_active:
        raise TokenInvalid
    if user.signed_out_at is not None and ticket.iat <= user.signed_out_at.timestamp():
        raise TokenInvalid
    return user
