"""What people allow programs to do in their name: giving it, finding it again, and taking it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from apps.access.scopes import tenant_scope
from apps.accounts.errors import ApplicationNotFound
from apps.accounts.models import Consent, User
from apps.accounts.services.applications import WEB_CLIENT_ID
from apps.accounts.services.endings import end_program
from apps.accounts.services.scopes import clean_scopes
from apps.accounts.services.serving import standing_of
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction

MAX_SHOWN: Final = 200
"""Programs on one person's list; of more, those allowed longest ago are left out until others are taken back."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that may act in somebody's name. `given_at`: when she last allowed it; None if only tokens say so."""

    application_id: int
    name: str
    description: str
    homepage: str
    scopes: tuple[str, ...]
    given_at: datetime | None


def is_allowed(user: User, application: Any, scopes: Iterable[str]) -> bool:
    """Tell whether she has allowed this program all these scopes. One query."""
    consent = _consents(user).filter(application=application).first()
    return consent is not None and set(scopes) <= set(consent.scopes)


def give_consent(user: User, application: Any, scopes: Iterable[str], *, now: datetime) -> None:
    """Keep that she allows the program these scopes, beside those she allowed before. Raises InvalidInput."""
    asked = clean_scopes(scopes)

    def give() -> None:
        consent, _made = _consents(user).get_or_create(
            user=user, application=application, defaults={"tenant_id": user.tenant_id, "given_at": now}
        )
        consent = Consent.objects.for_tenant(user.tenant_id).select_for_update().get(pk=consent.pk)
        consent.scopes, consent.given_at = clean_scopes({*consent.scopes, *asked}), now
        consent.save(update_fields=["scopes", "given_at"])
        _record(user, "given", application, {"scopes": asked}, now=now)

    run_in_transaction(give)


def withdraw(user: User, application_id: int, *, now: datetime) -> str:
    """Take back what she allowed a program, and every token it has of hers; return its name.

    Raises ApplicationNotFound for a program that has neither.
    """

    def take_back() -> str:
        application = _applications(user).filter(pk=application_id).first()
        if application is None:
            raise ApplicationNotFound(application=str(application_id))
        _consents(user).filter(application=application).delete()
        end_program(application, user=user)
        _record(user, "withdrawn", application, {}, now=now)
        return str(application)

    return run_in_transaction(take_back)


def programs_of(user: User, *, now: datetime) -> list[Program]:
    """Return the programs that may act in her name, those she allowed last first. Four queries, and one per program.

    The web client is not among them: what it is signed in from are her terminals.
    """
    given = {consent.application_id: consent for consent in _consents(user)}
    access = get_access_token_model().objects.filter(user=user, expires__gt=now)
    scopes: dict[int, set[str]] = {}
    for application_id, scope in access.values_list("application_id", "scope"):
        scopes.setdefault(application_id, set()).update(scope.split())
    found = [_program(row, given.get(row.pk), scopes.get(row.pk, set())) for row in _applications(user)]
    found.sort(key=lambda program: program.name)
    found.sort(key=lambda program: program.given_at.timestamp() if program.given_at else 0.0, reverse=True)
    return found[:MAX_SHOWN]


def count_programs(user: User) -> int:
    """Return how many programs may act in her name. One query."""
    return int(_applications(user).count())


def _program(application: Any, consent: Consent | None, from_tokens: set[str]) -> Program:
    standing = standing_of(application)
    return Program(
        application_id=application.pk,
        name=str(application),
        description=standing.description if standing else "",
        homepage=standing.homepage if standing else "",
        scopes=tuple(sorted(set(consent.scopes if consent else ()) | from_tokens)),
        given_at=consent.given_at if consent else None,
    )


def _applications(user: User) -> Any:
    """The programs she allowed something, or that hold a token of hers that is still good for something."""
    refreshing = get_refresh_token_model().objects.filter(user=user, revoked__isnull=True)
    allowed = Q(pk__in=_consents(user).values("application_id")) | Q(pk__in=refreshing.values("application_id"))
    return get_application_model().objects.filter(allowed).exclude(client_id=WEB_CLIENT_ID).order_by("name", "pk")


def _consents(user: User) -> Any:
    return Consent.objects.for_tenant(user.tenant_id).filter(user_id=user.pk)


def _record(user: User, verb: str, application: Any, said: dict[str, Any], *, now: datetime) -> None:
    record(
        Change(
            tenant_id=user.tenant_id,
            actor_id=user.id,
            actor_login=user.login,
            scope=tenant_scope(user.tenant_id).path,
            action=f"accounts.consent.{verb}",
            kind="user",
            target_id=user.id,
            target_label=user.login,
            after={"program": str(application), "client_id": application.client_id, **said},
            at=now,
        )
    )
