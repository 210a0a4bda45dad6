"""Service accounts: programs with a name, powers and a rate of their own, and a person who answers for them.

One signs in with client credentials (RFC 6749 §4.4) and in no other way; what it does is recorded as its own. It never
acts as a person: no service here, no scope and no header makes it anybody else. Powers are granted to it by role, as to
people. Its secret is shown once, kept as a hash, and told to nobody who may do less than the account itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.access.errors import NotPermitted
from apps.access.locators import TenantLocator
from apps.access.policies import Powers
from apps.access.scopes import tenant_scope
from apps.access.selectors import powers_of
from apps.accounts.errors import ServiceAccountNotFound, UserNotFound
from apps.accounts.models import Registration, ServiceAccount, User
from apps.accounts.models.service_accounts import (
    MAX_DESCRIPTION_CHARS,
    MAX_REQUESTS_PER_MINUTE,
    MIN_REQUESTS_PER_MINUTE,
)
from apps.accounts.policies import SCOPE
from apps.accounts.selectors import get_user
from apps.accounts.services.client_secrets import Secret, make_secret
from apps.accounts.services.program_terms import Terms as ProgramTerms
from apps.accounts.services.registrations import add_program
from apps.accounts.services.tokens import revoke_tokens
from apps.accounts.services.users import activate_user, create_user, deactivate_user, store_profile
from apps.accounts.units import SERVICE_ACCOUNTS_CHANGE, SERVICE_ACCOUNTS_VIEW
from apps.audit.services import Change, record
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What to say of a service account; None leaves it as it is. A rate of 0 is that of people."""

    display_name: str | None = None
    description: str | None = None
    owner_id: UUID | None = None
    requests_per_minute: int | None = None


class Credentials(NamedTuple):
    """A service account, and what it signs in with. The secret is nowhere else from now on."""

    account: ServiceAccount
    client_id: str
    client_secret: str


def create_service_account(actor: User, *, tenant: Tenant, username: str, terms: Terms, now: datetime) -> Credentials:
    """Make a service account without any powers yet, and return it with its secret.

    Its program counts among the tenant's. Raises NotPermitted, InvalidInput, UserNotFound for an owner who is not
    there, UsersLimit, UsernameTaken or ApplicationsFull.
    """
    secret = make_secret()

    def store() -> Credentials:
        powers_of(actor, now=now).require(SERVICE_ACCOUNTS_CHANGE, tenant_scope(tenant.id))
        user = create_user(tenant, username=username, password=None, display_name=terms.display_name or "")
        user.kind = User.Kind.SERVICE
        user.save(update_fields=["kind"])
        application = _application(actor, user, secret, now=now)
        account = ServiceAccount(user=user, tenant=tenant, application=application, secret_changed_at=now)
        _apply(account, replace(terms, owner_id=terms.owner_id or actor.id))
        account.save(force_insert=True)
        _record(actor, account, "created", after=_facts(account), now=now)
        return Credentials(account, application.client_id, secret.plain)

    return run_in_transaction(store)


def change_service_account(actor: User, *, user_id: UUID, terms: Terms, version: int, now: datetime) -> ServiceAccount:
    """Change what is said of a service account. Raises ServiceAccountNotFound, NotPermitted, Stale or InvalidInput."""

    def store() -> ServiceAccount:
        account = _locked(actor, user_id, now=now)
        if version != account.version:
            raise Stale(version=account.version)
        before = _facts(account)
        _apply(account, terms)
        if terms.display_name is not None:
            store_profile(account.user, display_name=terms.display_name)
        account.version += 1
        account.save()
        _record(actor, account, "changed", before=before, after=_facts(account), now=now)
        return account

    return run_in_transaction(store)


def renew_service_secret(actor: User, *, user_id: UUID, now: datetime) -> Credentials:
    """Give it another secret, and end its tokens and sessions. Raises as `change_service_account` does."""
    secret = make_secret()

    def store() -> Credentials:
        account = _locked(actor, user_id, now=now)
        application = account.application or _application(actor, account.user, secret, now=now)
        application.client_secret, application.hash_client_secret = secret.stored, False
        application.save()
        account.application, account.secret_changed_at = application, now
        account.version += 1
        account.save()
        revoke_tokens(account.user)
        _record(actor, account, "secret_renewed", now=now)
        return Credentials(account, application.client_id, secret.plain)

    return run_in_transaction(store)


def switch_service_account(actor: User, *, user_id: UUID, is_active: bool, now: datetime) -> ServiceAccount:
    """Let it work, or stop it: its tokens and sockets end within a second. Raises as above, or UsersLimit."""

    def store() -> ServiceAccount:
        account = _locked(actor, user_id, now=now)
        if account.user.is_active == is_active:
            return account
        if is_active:
            activate_user(account.user)
        else:
            deactivate_user(account.user)
        account.version += 1
        account.save(update_fields=["version"])
        _record(actor, account, "activated" if is_active else "deactivated", now=now)
        return account

    return run_in_transaction(store)


def service_accounts_within(powers: Powers) -> QuerySet[ServiceAccount]:
    """Return the service accounts that these powers let one see, with their users and owners. Unordered."""
    seen = TenantLocator().within(powers.scopes(SERVICE_ACCOUNTS_VIEW))
    return ServiceAccount.unscoped.filter(seen).select_related("user__tenant", "owner", "application")


def read_service_account(powers: Powers, user_id: UUID) -> ServiceAccount:
    """Return one that these powers let one see. Raises ServiceAccountNotFound. One query."""
    account = service_accounts_within(powers).filter(pk=user_id).first()
    if account is None:
        raise ServiceAccountNotFound(account=str(user_id))
    return account


def own_rate_of(user: User) -> int | None:
    """Return how many requests a minute a service account may make; None where that is as many as people. One query."""
    rows = ServiceAccount.objects.for_tenant(user.tenant_id).filter(pk=user.pk)
    return rows.values_list("requests_per_minute", flat=True).first()


def _application(actor: User, user: User, secret: Secret, *, now: datetime) -> Any:
    """Make the client that the account signs in as, which may ask for all that the account may do."""
    terms = ProgramTerms(name=user.display_name, scopes=(SCOPE,))
    kind = Registration.Kind.SERVICE
    return add_program(actor, user.tenant_id, kind, terms, secret=secret, account=user, now=now).application


def _locked(actor: User, user_id: UUID, *, now: datetime) -> ServiceAccount:
    """Return the account, locked, that the actor may act on: she has the unit there, and all powers that it has.

    What lies outside her reach is not there for her. Raises ServiceAccountNotFound or NotPermitted.
    """
    powers = powers_of(actor, now=now)
    rows = ServiceAccount.unscoped.select_for_update(of=("self",)).select_related("user__tenant", "application")
    account = rows.filter(pk=user_id).first()
    if account is None or not powers.reaches(SERVICE_ACCOUNTS_CHANGE, tenant_scope(account.tenant_id)):
        raise ServiceAccountNotFound(account=str(user_id))
    powers.require(SERVICE_ACCOUNTS_CHANGE, tenant_scope(account.tenant_id))
    if not powers.outlasts(powers_of(account.user, now=now)):
        raise NotPermitted(unit=SERVICE_ACCOUNTS_CHANGE.code)
    return account


def _apply(account: ServiceAccount, terms: Terms) -> None:
    if terms.description is not None:
        account.description = clean_line(
            terms.description, field="description", max_chars=MAX_DESCRIPTION_CHARS, required=False
        )
    if terms.owner_id is not None:
        account.owner = _person(account.tenant_id, terms.owner_id)
    if terms.requests_per_minute is not None:
        account.requests_per_minute = _clean_rate(terms.requests_per_minute)


def _person(tenant_id: UUID, user_id: UUID) -> User:
    """Return who shall answer for an account: an active person of its tenant. Raises UserNotFound."""
    user = get_user(tenant_id, user_id)
    if user.kind != User.Kind.PERSON:
        raise UserNotFound(user=str(user_id))
    return user


def _clean_rate(per_minute: int) -> int | None:
    if per_minute and not MIN_REQUESTS_PER_MINUTE <= per_minute <= MAX_REQUESTS_PER_MINUTE:
        reason = _("must be at most %(limit)d") % {"limit": MAX_REQUESTS_PER_MINUTE}
        raise InvalidInput(field="requests_per_minute", reason=reason)
    return per_minute or None


def _facts(account: ServiceAccount) -> dict[str, Any]:
    owner = account.owner
    return {
        "display_name": account.user.display_name,
        "description": account.description,
        "owner": "" if owner is None else owner.login,
        "requests_per_minute": account.requests_per_minute,
    }


def _record(
    actor: User,
    account: ServiceAccount,
    verb: str,
    *,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        Change(
            tenant_id=account.tenant_id,
            actor_id=actor.id,
            actor_login=actor.login,
            scope=tenant_scope(account.tenant_id).path,
            action=f"accounts.service_account.{verb}",
            kind="user",
            target_id=account.user_id,
            target_label=account.user.login,
            before=before or {},
            after=after or {},
            at=now,
        )
    )
