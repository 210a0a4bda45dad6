"""Making tenants and changing what belongs to them: name, plan, limits, settings, host names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.units import Unit
from apps.common.errors import InvalidInput, Stale
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line, normalized_identifier
from apps.events.publish import tell_tenants_changed
from apps.tenants.errors import HostTaken, SlugTaken
from apps.tenants.models import SLUG_PATTERN, Host, Tenant
from apps.tenants.plans import LIMITS, MAX_LIMIT, PLANS, UNLIMITED
from apps.tenants.preferences import Preferences, UnknownPreferences, changed_preferences, written
from apps.tenants.selectors import get_tenant, hosts_of
from apps.tenants.services.acting import ActorOrNone, authorise, record_change
from apps.tenants.services.locking import locked
from apps.tenants.units import TENANT_CHANGE, TENANT_MANAGE

SYSTEM_SLUG: Final = "system"
"""The tenant of the people who run the installation."""

MAX_NAME_CHARS: Final = 200

MAX_HOSTS: Final = 50
"""Host names of one tenant; one more is refused. All tenants' are kept in memory."""

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}")


def create_tenant(
    *, slug: str, name: str, plan: str = UNLIMITED, actor: ActorOrNone = None, now: datetime | None = None
) -> Tenant:
    """Make an active tenant. Raises NotPermitted, InvalidInput or SlugTaken."""
    moment = now or timezone.now()
    authorise(actor, TENANT_MANAGE, now=moment)
    wanted = normalized_identifier(slug)
    if re.match(SLUG_PATTERN, wanted) is None:
        raise InvalidInput(
            field="slug",
            reason=_("needs 1 to 63 of a-z, 0-9, dots, dashes and underscores, and begins with a letter or digit"),
        )
    tenant = Tenant(slug=wanted, name=clean_name(name), plan=clean_plan(plan))

    def store() -> Tenant:
        Tenant.objects.bulk_create([tenant], ignore_conflicts=True)
        if not Tenant.objects.filter(pk=tenant.pk).exists():
            raise SlugTaken(slug=wanted)
        after = {"slug": wanted, "name": tenant.name, "plan": tenant.plan}
        record_change(actor, "created", tenant, before={}, after=after, now=moment)
        return tenant

    return run_in_transaction(store)


def ensure_system_tenant() -> Tenant:
    """Return the tenant of system administrators; made at the first call."""
    tenant, _created = Tenant.objects.get_or_create(slug=SYSTEM_SLUG, defaults={"name": "System"})
    return tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChange:
    """What to change about a tenant; None leaves it as it is."""

    name: str | None = None
    plan: str | None = None
    limits: Mapping[str, int | None] | None = None
    """By name; a limit of None is the plan's from then on. Those left out stay."""
    settings: Mapping[str, Any] | None = None
    """By name; those left out stay."""
    hosts: Sequence[str] | None = None
    """All host names it shall have."""


def change_tenant(
    *,
    tenant_id: UUID,
    change: TenantChange,
    version: int | None = None,
    actor: ActorOrNone = None,
    now: datetime | None = None,
) -> Tenant:
    """Change a tenant and return it. `version`: the one that the change is of; None overwrites whatever is there.

    Raises TenantNotFound, NotPermitted, Stale, InvalidInput or HostTaken.
    """
    moment = now or timezone.now()

    def store() -> Tenant:
        authorise(actor, *_units_for(change), tenant=get_tenant(tenant_id), now=moment)
        tenant = locked(tenant_id)
        if version is not None and version != tenant.version:
            raise Stale(version=tenant.version)
        before = _facts(tenant)
        _apply(tenant, change)
        tenant.version += 1
        tenant.save()
        if change.hosts is not None:
            _store_hosts(tenant, [clean_host(name) for name in change.hosts])
        record_change(actor, "changed", tenant, before=before, after=_facts(tenant), now=moment)
        tell_tenants_changed()
        return tenant

    return run_in_transaction(store)


def clean_name(text: str) -> str:
    """Return the name as it is stored. Raises InvalidInput."""
    return clean_line(text, field="name", max_chars=MAX_NAME_CHARS)


def clean_plan(text: str) -> str:
    """Return the plan. Raises InvalidInput for one that there is not."""
    if text not in PLANS:
        raise InvalidInput(field="plan", reason=_("must be one of %(known)s") % {"known": ", ".join(PLANS)})
    return text


def clean_limit(name: str, value: int | None) -> int | None:
    """Return a limit's value. Raises InvalidInput for an unknown limit or a value out of bounds."""
    if name not in LIMITS:
        raise InvalidInput(field=name, reason=_("is no limit of tenants"))
    if value is not None and not 1 <= value <= MAX_LIMIT:
        raise InvalidInput(field=name, reason=_("must be at least 1, or empty for what the plan says"))
    return value


def clean_host(text: str) -> str:
    """Return a host name in its one spelling, without port. Raises InvalidInput."""
    name = text.strip().rstrip(".").lower()
    if _HOST.fullmatch(name) is None:
        raise InvalidInput(field="hosts", reason=_("%(host)s is no host name") % {"host": text[:100]})
    return name


def clean_settings(tenant: Tenant, changes: Mapping[str, Any]) -> Preferences:
    """Return the tenant's settings with these changes. Raises InvalidInput."""
    try:
        preferences = changed_preferences(tenant.settings, dict(changes))
    except UnknownPreferences as error:
        raise InvalidInput(field="settings", reason=str(error)) from error
    known = {code for code, _name in settings.LANGUAGES}
    if preferences.locale and preferences.locale not in known:
        reason = _("must be one of %(known)s") % {"known": ", ".join(sorted(known))}
        raise InvalidInput(field="locale", reason=reason)
    return preferences


def _units_for(change: TenantChange) -> list[Unit]:
    """What the change needs: tenants name and arrange themselves, what they may use is set by the installation."""
    needs_system = (change.plan, change.limits, change.hosts) != (None, None, None)
    return [TENANT_CHANGE, TENANT_MANAGE] if needs_system else [TENANT_CHANGE]


def _facts(tenant: Tenant) -> dict[str, Any]:
    """What the audit log tells of a tenant's row."""
    limits = {name: getattr(tenant, name) for name in LIMITS}
    return {"name": tenant.name, "plan": tenant.plan, **limits, **tenant.settings, "hosts": hosts_of(tenant.id)}


def _apply(tenant: Tenant, change: TenantChange) -> None:
    if change.name is not None:
        tenant.name = clean_name(change.name)
    if change.plan is not None:
        tenant.plan = clean_plan(change.plan)
    for name, value in (change.limits or {}).items():
        setattr(tenant, name, clean_limit(name, value))
    if change.settings is not None:
        tenant.settings = written(clean_settings(tenant, change.settings))


def _store_hosts(tenant: Tenant, wanted: Sequence[str]) -> None:
    """Give the tenant exactly these host names."""
    names = list(dict.fromkeys(wanted))
    if len(names) > MAX_HOSTS:
        reason = _("%(size)d host names, at most %(limit)d are allowed") % {"size": len(names), "limit": MAX_HOSTS}
        raise InvalidInput(field="hosts", reason=reason)
    rows = Host.objects.for_tenant(tenant.id)
    rows.exclude(name__in=names).delete()
    rows.bulk_create([Host(tenant=tenant, name=name) for name in names], ignore_conflicts=True)
    missing = set(names).difference(hosts_of(tenant.id))
    if missing:
        raise HostTaken(host=min(missing))
