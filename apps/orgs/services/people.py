"""Accounts of people, as their administrators see to them: making, changing, deactivating, another password.

What concerns the account as a whole needs the power at every place of the person, and nobody acts on someone who may do
more than she may herself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.access.policies import Powers
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.access.selectors import Actor, powers_of
from apps.access.services import keep_a_system_admin
from apps.access.units import Unit
from apps.accounts.models import User
from apps.accounts.services import activate_user, create_user, deactivate_user, set_password
from apps.accounts.services.users import store_profile
from apps.audit.services import record, record_all
from apps.common.errors import Stale
from apps.common.retry import run_in_transaction
from apps.orgs.errors import OneselfStays, PersonOutranks
from apps.orgs.models import PersonSettings
from apps.orgs.selectors.lookup import get_department, get_person, person_scopes
from apps.orgs.services.placements import PlacementChange, put
from apps.orgs.services.trail import told
from apps.orgs.units import PEOPLE_CHANGE, PEOPLE_DEACTIVATE, PEOPLE_PASSWORD
from apps.tenants.models import Tenant

SETTINGS: Final = ("is_hidden", "is_guest")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Who is to be made, and her place where a department is named. Without a password she can't sign in by one yet."""

    username: str
    password: str | None
    display_name: str = ""
    email: str = ""
    locale: str = ""
    title: str = ""
    is_leader: bool = False
    sort: int = 0


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What to change; None stays as it is."""

    display_name: str | None = None
    email: str | None = None
    locale: str | None = None
    is_hidden: bool | None = None
    is_guest: bool | None = None


def create_person(
    actor: Actor, *, person: NewPerson, department_id: UUID | None, now: datetime, tenant_id: UUID | None = None
) -> User:
    """Make a person with an account and, where a department is named, her primary place in it.

    Without one she is of the tenant at large, the actor's own if none is named. Raises DepartmentNotFound,
    NotPermitted, InvalidInput, PasswordTooWeak, UsernameTaken, OrganisationClosed, or what keeps the tenant from more.
    """

    def create() -> User:
        powers = powers_of(actor, now=now)
        tenant, scope = _home(actor, powers, department_id, tenant_id)
        user = create_user(
            tenant,
            username=person.username,
            password=person.password,
            display_name=person.display_name,
            email=person.email,
            locale=person.locale,
        )
        values = {"login": user.login, "display_name": user.display_name, "email": user.email}
        entries = [told(actor, "person.created", user, scope=scope, now=now, after=values)]
        if department_id is not None:
            wanted = PlacementChange(person.title, is_primary=True, is_leader=person.is_leader, sort=person.sort)
            entries.append(put(actor, powers, user, department_id, wanted, now=now)[1])
        record_all(entries)
        return user

    return run_in_transaction(create)


def change_person(actor: Actor, *, user_id: UUID, version: int, change: PersonChange, now: datetime) -> User:
    """Change a person's names and what the directory knows of her.

    Raises UserNotFound, NotPermitted, PersonOutranks, InvalidInput or Stale.
    """

    def store() -> User:
        user = _open(actor, PEOPLE_CHANGE, user_id, now)
        if user.version != version:
            raise Stale(version=user.version)
        settings = PersonSettings.objects.for_tenant(user.tenant_id).filter(pk=user.pk).first()
        before = _values(user, settings)
        store_profile(user, display_name=change.display_name, email=change.email, locale=change.locale)
        settings = _store_settings(user, settings, change)
        after = _values(user, settings)
        changed = [field for field in after if before[field] != after[field]]
        _record(
            actor,
            "person.changed",
            user,
            now,
            before={field: before[field] for field in changed},
            after={field: after[field] for field in changed},
        )
        return user

    return run_in_transaction(store)


def deactivate_person(actor: Actor, *, user_id: UUID, now: datetime) -> None:
    """Keep a person from signing in, and sign out all of her programs.

    Raises UserNotFound, NotPermitted, PersonOutranks, OneselfStays or LastSystemAdmin.
    """
    if user_id == actor.id:
        raise OneselfStays

    def deactivate(user: User) -> None:
        if _runs_system(_full_powers_of(user, now)):
            keep_a_system_admin(without_user=user.id)
        deactivate_user(user)

    _act(actor, PEOPLE_DEACTIVATE, user_id, "person.deactivated", deactivate, now)


def activate_person(actor: Actor, *, user_id: UUID, now: datetime) -> None:
    """Let a person sign in again. Raises UserNotFound, NotPermitted or PersonOutranks."""
    _act(actor, PEOPLE_DEACTIVATE, user_id, "person.activated", activate_user, now)


def set_person_password(actor: Actor, *, user_id: UUID, password: str, now: datetime) -> None:
    """Give a person another password and sign out all of her programs.

    Raises UserNotFound, NotPermitted, PersonOutranks or PasswordTooWeak.
    """
    _act(
        actor, PEOPLE_PASSWORD, user_id, "person.password_set", lambda user: set_password(user, password=password), now
    )


def _home(actor: Actor, powers: Powers, department_id: UUID | None, tenant_id: UUID | None) -> tuple[Tenant, Scope]:
    """The tenant that the person is made in, and the scope at which that is allowed."""
    if department_id is None:
        scope = tenant_scope(tenant_id or actor.tenant_id)
        powers.require(PEOPLE_CHANGE, scope)
        return Tenant.objects.get(pk=tenant_id or actor.tenant_id), scope
    department = get_department(powers, PEOPLE_CHANGE, department_id)
    return Tenant.objects.get(pk=department.tenant_id), department.scope


def _act(actor: Actor, unit: Unit, user_id: UUID, action: str, work: Callable[[User], None], now: datetime) -> None:
    def run() -> None:
        user = _open(actor, unit, user_id, now)
        was_active = user.is_active
        work(user)
        _record(actor, action, user, now, before={"is_active": was_active}, after={"is_active": user.is_active})

    run_in_transaction(run)


def _open(actor: Actor, unit: Unit, user_id: UUID, now: datetime) -> User:
    """The person: authorised at all of her places, not above the actor, locked."""
    powers = powers_of(actor, now=now)
    seen = get_person(powers, unit, user_id, everywhere=True)
    rows = User.objects.for_tenant(seen.tenant_id).select_related("tenant")
    user = rows.select_for_update(no_key=True, of=("self",)).get(pk=seen.pk)
    for scope in person_scopes(user):
        powers.require(unit, scope)
    if user.id != actor.id:
        theirs = _full_powers_of(user, now)
        # Whoever gives somebody a password can act as her later on, when powers of her own have ended.
        if not (powers.outlasts(theirs) if unit == PEOPLE_PASSWORD else powers.covers(theirs)):
            raise PersonOutranks(login=user.login)
    return user


def _full_powers_of(user: User, now: datetime) -> Powers:
    """What she may do, or could if she were active: someone deactivated gets her powers back with her account."""
    is_active = user.is_active
    user.is_active = True
    try:
        return powers_of(user, now=now)
    finally:
        user.is_active = is_active


def _values(user: User, settings: PersonSettings | None) -> dict[str, Any]:
    own = {field: getattr(user, field) for field in ("display_name", "email", "locale")}
    return own | {field: bool(settings and getattr(settings, field)) for field in SETTINGS}


def _store_settings(user: User, settings: PersonSettings | None, change: PersonChange) -> PersonSettings | None:
    fields = {field: value for field in SETTINGS if (value := getattr(change, field)) is not None}
    if not fields:
        return settings
    if settings is None:
        settings = PersonSettings(tenant_id=user.tenant_id, user=user)
    for field, value in fields.items():
        setattr(settings, field, value)
    settings.save()
    return settings


def _runs_system(powers: Powers) -> bool:
    return powers.is_all or any(each.scope == SYSTEM for each in powers.held)


def _record(actor: Actor, action: str, user: User, now: datetime, **values: dict[str, Any]) -> None:
    """One entry, at the smallest scope around all of her places: whoever could have done it reads of it."""
    first, *others = person_scopes(user)
    around = first
    while not all(around.covers(scope) for scope in others):
        around = around.parent or SYSTEM
    record(told(actor, action, user, scope=around, now=now, **values))
