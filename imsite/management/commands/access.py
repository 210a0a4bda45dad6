"""`manage.py access list --user alice@demo`: what somebody may do, and where. Granting is the admin's and REST's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.access.models import Grant
from apps.access.roles import name_of_grant
from apps.access.scopes import Scope
from apps.accounts.models import User
from apps.common.text import normalized_identifier
from apps.orgs.models import Department
from apps.tenants.models import Tenant
from imsite.phrases import language, phrase


class Command(BaseCommand):
    """Parse, look up, tell."""

    help = phrase("Show what somebody may do, and where.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and of whom."""
        parser.add_argument("verb", choices=["list"])
        parser.add_argument(
            "--user", required=True, metavar="NAME@TENANT", help=phrase("sign-in name, such as alice@demo")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell of everything that was granted, ended grants included."""
        login = normalized_identifier(options["user"])
        user = None if "\0" in login else User.unscoped.filter(login=login).first()
        if user is None:
            raise CommandError(phrase("nobody signs in as {login}", login=options["user"]))
        grants = Grant.objects.for_tenant(user.tenant_id).filter(user_id=user.id).select_related("custom")
        with translation.override(language()):
            for line in _lines(user, list(grants.order_by("scope", "role", "id")), now=timezone.now()):
                self.stdout.write(line)


def _lines(user: User, grants: list[Grant], *, now: datetime) -> list[str]:
    lines = []
    if not user.is_active:
        lines.append(phrase("{login} is deactivated, so none of this counts:", login=user.login))
    if user.is_superuser:
        lines.append(phrase("{login} may do everything, everywhere (superuser)", login=user.login))
    elif not grants:
        lines.append(phrase("{login} has no powers beyond her own account", login=user.login))
    names = _names(grant.place for grant in grants)
    return lines + [_told(grant, names[grant.place], now) for grant in grants]


def _told(grant: Grant, place: str, now: datetime) -> str:
    role = name_of_grant(grant)
    if grant.expires_at is None:
        return phrase("{role}: {place}, without end", role=role, place=place)
    end = grant.expires_at.isoformat(sep=" ", timespec="minutes")
    if grant.expires_at <= now:
        return phrase("{role}: {place}, ended {end}", role=role, place=place, end=end)
    return phrase("{role}: {place}, until {end}", role=role, place=place, end=end)


def _names(scopes: Iterable[Scope]) -> dict[Scope, str]:
    """Names on the way to each place; of what is not there any more, the path. Two queries."""
    chains = {scope: _chain(scope) for scope in set(scopes)}
    wanted = {place for chain in chains.values() for place in chain}
    tenants = Tenant.objects.filter(pk__in={place.tenant_id for place in wanted if place.tenant_id})
    names = {f"t:{tenant.pk.hex}": tenant.name for tenant in tenants}
    departments = Department.unscoped.filter(path__in={place.path for place in wanted})
    names |= dict(departments.values_list("path", "name"))
    return {
        scope: " / ".join(names.get(place.path, place.path) for place in chain) or phrase("the whole system")
        for scope, chain in chains.items()
    }


def _chain(scope: Scope) -> list[Scope]:
    """Return the place and all around it but the system, outermost first."""
    chain: list[Scope] = []
    place: Scope | None = scope
    while place is not None and place.path:
        chain.insert(0, place)
        place = place.parent
    return chain
