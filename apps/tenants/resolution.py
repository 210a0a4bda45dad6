"""Which tenant an address, a header or a sign-in name stands for.

In this order: a sign-in name with a suffix names its tenant itself; the header `X-Imsite-Tenant` names it for programs;
the host name does for people. Header and host must not contradict each other, and neither does a suffix contradict
them, but for the people who run the installation: they sign in anywhere. Who is asked for nowhere has to name it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest

from apps.common.text import normalized_identifier
from apps.tenants.errors import TenantConflict, TenantNotFound
from apps.tenants.models import Host, Tenant

HEADER: Final = "X-Imsite-Tenant"

SYSTEM_SUFFIX: Final = "system"
"""Of the people who run the installation."""

MAX_SLUG_CHARS: Final = 63
"""Longer ones are nobody's, and not repeated in an answer."""

FRESH_S: Final = 5.0
"""How long an answer is used again: so long may a host name lead to the tenant it was taken from."""
MAX_KNOWN: Final = 10_000
"""Answers kept, found or not; at the bound all are forgotten and asked for again."""


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A tenant as the page where its people sign in needs it."""

    id: UUID
    slug: str
    name: str
    notice: str


class _Known:
    """Answers about names, for a while. Any thread may ask."""

    def __init__(self, find: Callable[[str], NamedTenant | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, NamedTenant | None]] = {}

    def __call__(self, name: str) -> NamedTenant | None:
        """Return the tenant of this name. One query, none while the last answer is fresh."""
        now = self._clock()
        with self._lock:
            until, tenant = self._answers.get(name, (now, None))
        if now < until:
            return tenant
        tenant = self._find(name)
        with self._lock:
            if len(self._answers) >= MAX_KNOWN:
                self._answers.clear()
            self._answers[name] = (now + FRESH_S, tenant)
        return tenant

    def forget(self) -> None:
        """Ask anew from now on."""
        with self._lock:
            self._answers.clear()


def _find_by_host(name: str) -> NamedTenant | None:
    row = Host.unscoped.select_related("tenant").filter(name=name).first()
    return None if row is None else _named(row.tenant)


def _find_by_slug(slug: str) -> NamedTenant | None:
    tenant = Tenant.objects.filter(slug=slug).first()
    return None if tenant is None else _named(tenant)


_by_host: Final = _Known(_find_by_host)
_by_slug: Final = _Known(_find_by_slug)


def forget_names() -> None:
    """Ask the database anew which names lead where."""
    _by_host.forget()
    _by_slug.forget()


def named_tenant(request: HttpRequest | None) -> NamedTenant | None:
    """Return the tenant that header or host name of a request stand for, if any.

    Raises TenantNotFound for a header that names none, TenantConflict where both name different ones. Two queries at
    most, none while the answers are fresh.
    """
    if request is None:
        return None
    at_host = _by_host(host_of(request))
    slug = asked_for(request)
    if not slug:
        return at_host
    tenant = None if "\0" in slug else _by_slug(slug)
    if tenant is None:
        raise TenantNotFound(slug=slug)
    if at_host is not None and at_host.id != tenant.id:
        raise TenantConflict(slug=at_host.slug)
    return tenant


def tenant_by_slug(slug: str) -> NamedTenant | None:
    """Return the tenant of this short name; None for any other word. One query, none while the answer is fresh."""
    name = normalized_identifier(slug)[:MAX_SLUG_CHARS]
    return None if not name or "\0" in name else _by_slug(name)


def asked_for(request: HttpRequest) -> str:
    """Return the short name that the header asks for; nothing without one."""
    return normalized_identifier(request.headers.get(HEADER, ""))[:MAX_SLUG_CHARS]


def host_of(request: HttpRequest) -> str:
    """Return the host name of a request, without port. Whether it may be asked for at all is Django's to say."""
    name = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME") or ""
    return name.rsplit(":", 1)[0].rstrip(".").lower() if "]" not in name else name


def full_login(text: str, tenant: NamedTenant | None) -> str:
    """Return the sign-in name with its suffix: the one it has, else that of the tenant that was named."""
    login = normalized_identifier(text)
    return login if tenant is None or not login or "@" in login else f"{login}@{tenant.slug}"


def belongs(login: str, tenant: NamedTenant | None) -> bool:
    """Tell whether someone of this full sign-in name may sign in where that tenant was named."""
    return tenant is None or login.rpartition("@")[2] in {tenant.slug, SYSTEM_SUFFIX}


def _named(tenant: Tenant) -> NamedTenant:
    return NamedTenant(tenant.id, tenant.slug, tenant.name, str(tenant.settings.get("notice", "")))
