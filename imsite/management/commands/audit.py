"""`manage.py audit verify`: follow the chain of each tenant's audit log, and name its first broken link.

Keep the digests that it prints elsewhere: somebody who rules over the database could rewrite a whole chain, and only a
digest from before tells. Exit code 1 where a chain is broken. The admin's first page reminds of logs that nobody has
verified for long.
"""

from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.audit.chain import Break
from apps.audit.selectors import audited_tenants, verify_chain
from apps.audit.services import note_verified
from apps.common.errors import ImError
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug
from imsite.phrases import language, phrase

EXIT_BROKEN: Final = 1


class Command(BaseCommand):
    """Parse, follow, tell."""

    help = phrase("Verify the audit log: that no entry was changed, removed or inserted.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and of whom."""
        parser.add_argument("verb", choices=["verify"])
        parser.add_argument("--tenant", help=phrase("verify the log of this tenant only (short name)"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify every chain there is, or one."""
        with translation.override(language()):
            try:
                tenants = _chosen(options["tenant"])
            except ImError as error:
                raise CommandError(error.text) from error
        broken = sum(not self._verify(tenant_id, name) for tenant_id, name in tenants.items())
        if broken:
            raise CommandError(
                phrase("the audit log was tampered with (broken logs: {count})", count=broken), returncode=EXIT_BROKEN
            )
        if not tenants:
            self.stdout.write(phrase("nothing was written to the audit log yet"))

    def _verify(self, tenant_id: UUID, name: str) -> bool:
        outcome = verify_chain(tenant_id)
        note_verified(tenant_id, outcome, now=timezone.now())
        if isinstance(outcome, Break):
            self.stdout.write(_told(outcome, name))
            return False
        count, digest = outcome
        self.stdout.write(
            phrase(
                "{tenant}: whole, {count} entries, last digest {digest}", tenant=name, count=count, digest=digest.hex()
            )
        )
        return True


def _chosen(slug: str | None) -> dict[UUID, str]:
    """Names by id, in order of the names; a tenant that is no more is called by its id."""
    if slug is not None:
        tenant = get_tenant_by_slug(slug)
        return {tenant.id: tenant.slug}
    ids = audited_tenants()
    slugs = dict(Tenant.objects.filter(pk__in=ids).values_list("pk", "slug"))
    names = {tenant_id: slugs.get(tenant_id, str(tenant_id)) for tenant_id in ids}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _told(found: Break, tenant: str) -> str:
    match found.fault:
        case "missing":
            return phrase("{tenant}: entry {number} is missing", tenant=tenant, number=found.number)
        case "changed":
            return phrase("{tenant}: entry {number} was changed", tenant=tenant, number=found.number)
        case "detached":
            return phrase(
                "{tenant}: entry {number} does not follow from the one before", tenant=tenant, number=found.number
            )
        case _:
            return phrase(
                "{tenant}: the log does not end at entry {number}, as was noted", tenant=tenant, number=found.number
            )
