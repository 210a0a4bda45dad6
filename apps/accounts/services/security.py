"""How well somebody's account is kept, in figures: what the overview of her account says in words."""

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import CodeGenerator, Passkey, Terminal, User
from apps.accounts.services import recovery
from apps.accounts.services.browser_sessions import browser_sessions_of
from apps.accounts.services.consents import count_programs
from apps.accounts.services.factors import is_demanded
from apps.accounts.services.passwords import is_too_old
from apps.accounts.ways import tallied


@dataclass(frozen=True, slots=True)
class Security:
    """`password_set_at` is None where there is no password; the rest counts what there is now."""

    password_set_at: datetime | None
    must_renew_password: bool
    needs_second_factor: bool
    has_codes: bool
    passkeys: int
    recovery_codes: int
    terminals: int
    browsers: int
    programs: int
    links: int


def security_of(user: User, *, now: datetime) -> Security:
    """Return the figures. Seven queries, and one more where her tenant wants a second factor of administrators."""
    has_password = user.has_usable_password()
    terminals = Terminal.objects.for_tenant(user.tenant_id).filter(user=user, revoked_at__isnull=True)
    return Security(
        password_set_at=(user.password_set_at or user.created_at) if has_password else None,
        must_renew_password=has_password and is_too_old(user, now=now),
        needs_second_factor=is_demanded(user),
        has_codes=CodeGenerator.objects.for_tenant(user.tenant_id).filter(user=user).exists(),
        passkeys=Passkey.objects.for_tenant(user.tenant_id).filter(user=user).count(),
        recovery_codes=recovery.left(user),
        terminals=terminals.count(),
        browsers=browser_sessions_of(user, now=now).count(),
        programs=count_programs(user),
        links=tallied("links", user),
    )
