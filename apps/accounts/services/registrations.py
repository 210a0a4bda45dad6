"""Making programs known (OAuth2 clients), changing them, and taking them away again. Every change is audited.

What a program is follows from its kind, so nobody combines a client type with a grant that does not go with it. Secrets
are told to whoever makes them, once. A program in its own name acts as a service account: whoever may give out its
secret must have every power of that account herself, for as long.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from oauth2_provider.generators import generate_client_id
from oauth2_provider.models import get_application_model

from apps.access import places
from apps.access.errors import NotPermitted
from apps.access.locators import locator_of
from apps.access.policies import Powers
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import powers_of
from apps.accounts.errors import ApplicationNotFound, ApplicationsFull, UserNotFound
from apps.accounts.models import Registration, User
from apps.accounts.services.client_secrets import Secret, make_secret
from apps.accounts.services.endings import end_program, end_scopes
from apps.accounts.services.program_terms import CONFIDENTIAL, GRANTS, Terms, checked_terms
from apps.accounts.units import APPLICATIONS_CHANGE, APPLICATIONS_VIEW
from apps.audit.chain import differences
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction

MAX_APPLICATIONS: Final = 200
"""Of one tenant; further ones are refused."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A program as it is now; `secret` only where one has just been made."""

    registration: Registration
    secret: str = ""


def register_application(
    actor: User,
    *,
    tenant_id: UUID,
    kind: str,
    terms: Terms,
    service_account: User | None = None,
    now: datetime,
) -> Registered:
    """Make a program known to a tenant; one of the system's tenant serves everybody.

    Raises NotPermitted, InvalidInput, ScopeNotFound or ApplicationsFull.
    """
    powers = powers_of(actor, now=now)
    _require(powers, tenant_id, kind)
    checked = checked_terms(kind, terms)
    secret = make_secret() if kind in CONFIDENTIAL else Secret("", "")

    def register() -> Registered:
        _require_account(powers, tenant_id, kind, service_account, now)
        registration = add_program(actor, tenant_id, kind, checked, secret=secret, account=service_account, now=now)
        return Registered(registration, secret.plain)

    return run_in_transaction(register)


def add_program(
    actor: User,
    tenant_id: UUID,
    kind: str,
    terms: Terms,
    *,
    secret: Secret,
    account: User | None = None,
    now: datetime,
) -> Registration:
    """Store a program on terms that are in order, within the bound of its tenant, and record it.

    Whether the actor may is for whoever asks; call it in the transaction of that. Raises ApplicationsFull.
    """
    places.hold(tenant_scope(tenant_id))
    if Registration.objects.for_tenant(tenant_id).count() >= MAX_APPLICATIONS:
        raise ApplicationsFull(limit=MAX_APPLICATIONS)
    registration = _stored(tenant_id, kind, terms, secret, account)
    _record(actor, registration, "created", {}, facts_of(registration), now=now)
    return registration


def change_application(
    actor: User, *, registration_id: UUID, version: int, terms: Callable[[Terms], Terms], now: datetime
) -> Registration:
    """Change what is said about a program: `terms` gets what is there and returns what shall be.

    Tokens with a scope that it loses end at once.
    Raises NotPermitted, ApplicationNotFound, InvalidInput or Stale.
    """

    def change() -> Registration:
        registration = _locked(actor, registration_id, now=now)
        if registration.version != version:
            raise Stale(version=registration.version)
        before = facts_of(registration)
        _apply(registration, checked_terms(registration.kind, terms(terms_of(registration))))
        registration.version += 1
        registration.application.save()
        registration.save()
        end_scopes(registration.application, {*before["scopes"]} - {*registration.scopes}, now=now)
        _record(actor, registration, "changed", *differences(before, facts_of(registration)), now=now)
        return registration

    return run_in_transaction(change)


def renew_secret(actor: User, *, registration_id: UUID, now: datetime) -> Registered:
    """Give a program another secret; the former one is worth nothing from now on.

    Raises NotPermitted, ApplicationNotFound, or InvalidInput for a program that has none.
    """
    secret = make_secret()

    def renew() -> Registered:
        registration = _locked(actor, registration_id, now=now)
        if registration.kind not in CONFIDENTIAL:
            raise InvalidInput(field="kind", reason=_("a program of this kind has no secret"))
        application = registration.application
        _require_account(powers_of(actor, now=now), registration.tenant_id, registration.kind, application.user, now)
        application.client_secret, application.hash_client_secret = secret.stored, False
        application.save(update_fields=["client_secret", "hash_client_secret", "updated"])
        Registration.unscoped.filter(pk=registration.pk).update(version=F("version") + 1)
        registration.version += 1
        _record(actor, registration, "secret_renewed", {}, {}, now=now)
        return Registered(registration, secret.plain)

    return run_in_transaction(renew)


def delete_application(actor: User, *, registration_id: UUID, now: datetime) -> None:
    """Take a program away, with every token it holds. Raises NotPermitted or ApplicationNotFound."""

    def delete() -> None:
        registration = _locked(actor, registration_id, now=now)
        before, application = facts_of(registration), registration.application
        _record(actor, registration, "deleted", before, {}, now=now)
        end_program(application)
        application.delete()

    run_in_transaction(delete)


def registrations_within(powers: Powers) -> QuerySet[Registration]:
    """Return the programs that these powers let one see, with their applications. Unordered."""
    within = locator_of(Registration).within(powers.scopes(APPLICATIONS_VIEW))
    return Registration.unscoped.filter(within).select_related("application__user")


def get_registration(powers: Powers, registration_id: UUID) -> Registration:
    """Return one program that these powers let one see. Raises ApplicationNotFound. One query."""
    found = registrations_within(powers).filter(pk=registration_id).first()
    if found is None:
        raise ApplicationNotFound(application=str(registration_id))
    return found


def find_service_account(tenant_id: UUID, account_id: UUID) -> User:
    """Return a service account of the tenant. Raises UserNotFound."""
    accounts = User.objects.for_tenant(tenant_id).filter(kind=User.Kind.SERVICE, is_active=True)
    found = accounts.filter(pk=account_id).first()
    if found is None:
        raise UserNotFound(user=str(account_id))
    return found


def terms_of(registration: Registration) -> Terms:
    """Return what is said about a program."""
    application = registration.application
    return Terms(
        name=application.name,
        scopes=tuple(registration.scopes),
        description=registration.description,
        homepage=registration.homepage,
        redirect_uris=tuple(application.redirect_uris.split()),
        post_logout_redirect_uris=tuple(application.post_logout_redirect_uris.split()),
    )


def facts_of(registration: Registration) -> dict[str, Any]:
    """Return what the audit log keeps of a program; its secret is never among it."""
    terms = terms_of(registration)
    return {
        "client_id": registration.application.client_id,
        "kind": registration.kind,
        "name": terms.name,
        "description": terms.description,
        "homepage": terms.homepage,
        "redirect_uris": list(terms.redirect_uris),
        "post_logout_redirect_uris": list(terms.post_logout_redirect_uris),
        "scopes": list(terms.scopes),
    }


def _stored(tenant_id: UUID, kind: str, terms: Terms, secret: Secret, account: User | None) -> Registration:
    application = get_application_model()(
        client_id=generate_client_id(),
        client_type="confidential" if kind in CONFIDENTIAL else "public",
        authorization_grant_type=GRANTS[kind],
        client_secret=secret.stored,
        hash_client_secret=False,  # it is a digest already
        user=account,
    )
    registration = Registration(tenant_id=tenant_id, application=application, kind=kind)
    _apply(registration, terms)
    application.save(force_insert=True)
    registration.application = application
    registration.save(force_insert=True)
    return registration


def _apply(registration: Registration, terms: Terms) -> None:
    application = registration.application
    application.name = terms.name
    application.redirect_uris = " ".join(terms.redirect_uris)
    application.post_logout_redirect_uris = " ".join(terms.post_logout_redirect_uris)
    registration.description, registration.homepage = terms.description, terms.homepage
    registration.scopes = list(terms.scopes)


def _locked(actor: User, registration_id: UUID, *, now: datetime) -> Registration:
    """Return the program, locked, if the actor may change it; what she does not see is not there."""
    powers = powers_of(actor, now=now)
    seen = get_registration(powers, registration_id)
    _require(powers, seen.tenant_id, seen.kind)
    rows = Registration.unscoped.select_for_update(of=("self",)).select_related("application__user")
    found = rows.filter(pk=registration_id).first()
    if found is None:
        raise ApplicationNotFound(application=str(registration_id))
    return found


def _require(powers: Powers, tenant_id: UUID, kind: str) -> None:
    """What serves everybody, or takes people's passwords, is the matter of who runs the installation."""
    is_wide = kind == Registration.Kind.OWN or places.is_system_tenant(tenant_id)
    powers.require(APPLICATIONS_CHANGE, SYSTEM if is_wide else tenant_scope(tenant_id))


def _require_account(powers: Powers, tenant_id: UUID, kind: str, account: User | None, now: datetime) -> None:
    if kind != Registration.Kind.SERVICE:
        if account is not None:
            raise InvalidInput(field="service_account", reason=_("only a program in its own name has one"))
        return
    is_fit = account is not None and account.kind == User.Kind.SERVICE and account.tenant_id == tenant_id
    if account is None or not is_fit:
        raise InvalidInput(field="service_account", reason=_("has to be a service account of the same tenant"))
    if not powers.outlasts(powers_of(account, now=now)):
        raise NotPermitted(unit=APPLICATIONS_CHANGE.code)


def _scope_of(registration: Registration) -> Scope:
    return SYSTEM if places.is_system_tenant(registration.tenant_id) else tenant_scope(registration.tenant_id)


def _record(
    actor: User,
    registration: Registration,
    verb: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    record(
        Change(
            tenant_id=registration.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=_scope_of(registration).path,
            action=f"accounts.application.{verb}",
            kind="registration",
            target_id=registration.id,
            target_label=registration.application.name,
            before=before,
            after=after,
            at=now,
        )
    )
