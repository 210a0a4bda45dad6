"""`manage.py orgs`: look after organisations from the command line."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.orgs.services.mending import check_trees, repair_trees
from apps.orgs.trees import Finding
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug
from imsite.exchange import EXPORT, IMPORT, add_exchange_actions, exchange
from imsite.phrases import phrase


class Command(BaseCommand):
    """Parse, do it for the tenants meant, tell."""

    help = phrase("Check and repair department trees; import and export departments and people.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and for which tenant."""
        actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (
            ("check", phrase("tell what is wrong with the trees; exit status 1 if anything is")),
            ("repair", phrase("work the trees out again from the parents of departments")),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("--tenant", metavar="SLUG", help=phrase("only this tenant; all of them otherwise"))
        add_exchange_actions(actions)

    def handle(self, *args: Any, **options: Any) -> None:
        """Check or repair, where a tree that is wrong in the end is an error; or exchange files."""
        if options["action"] in {IMPORT, EXPORT}:
            exchange(options, self.stdout)
            return
        try:
            tenants = [get_tenant_by_slug(options["tenant"])] if options["tenant"] else Tenant.objects.order_by("slug")
        except TenantNotFound as error:
            raise CommandError(error.text) from error
        if options["action"] == "repair":
            mended = sum(repair_trees(tenant) for tenant in tenants)
            self.stdout.write(phrase("{count} departments repaired", count=mended))
        wrong = sum(self._tell(tenant, check_trees(tenant)) for tenant in tenants)
        if wrong:
            raise CommandError(phrase("{count} things are wrong with the department trees", count=wrong))
        self.stdout.write(phrase("all department trees are in order"))

    def _tell(self, tenant: Tenant, findings: Iterable[Finding]) -> int:
        count = 0
        for found in findings:
            count += 1
            self.stdout.write(f"{tenant.slug}: {found.department_id}: {_text(found)}")
        return count


def _text(found: Finding) -> str:
    if not found.field:
        return phrase("no root leads there: its parents form a circle, or are another tenant's")
    if found.field == "root":
        return phrase("the organisation {name} has no root department", name=found.expected)
    return phrase(
        "{field} is {stored}, should be {expected}", field=found.field, stored=found.stored, expected=found.expected
    )
