"""`manage.py tenants …`: look at tenants, keep their people out, export them, and have them or old messages deleted.

Deleting is staged: `delete` keeps people out at once, `keep` takes it back, and `purge-due` erases those whose grace
period is over. `expire` erases messages past retention. Nodes do both by themselves (`manage.py jobs`).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.audit.origin import Origin, coming_from
from apps.common.errors import ImError
from apps.messaging.services.retention import expire_events
from apps.tenants import services
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug
from imsite.phrases import language, phrase

VERBS: Final = ("list", "suspend", "activate", "export", "delete", "keep", "purge-due", "expire")


class Command(BaseCommand):
    """Parse, do, tell."""

    help = phrase("Look at tenants, suspend, export and delete them.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, with whom."""
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("tenant", nargs="?", help=phrase("the short name of the tenant"))
        parser.add_argument("--to", type=Path, help=phrase("export: the file to write (ZIP)"))
        parser.add_argument(
            "--grace-days",
            type=int,
            default=services.GRACE_DAYS,
            help=phrase("delete: days until everything is erased"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, as the installation itself."""
        with translation.override(language()), coming_from(Origin(via="command")):
            try:
                self._do(options)
            except ImError as error:
                raise CommandError(error.text) from error
            except OSError as error:
                raise CommandError(str(error)) from error

    def _do(self, options: dict[str, Any]) -> None:
        verb = options["verb"]
        if verb == "list":
            self._list()
        elif verb == "purge-due":
            purged = services.purge_due(now=timezone.now())
            self.stdout.write(phrase("erased: {tenants}", tenants=", ".join(purged) or "-"))
        elif verb == "expire":
            self._expire()
        elif not options["tenant"]:
            raise CommandError(phrase("name the tenant by its short name"))
        else:
            self._change(verb, get_tenant_by_slug(options["tenant"]), options)

    def _expire(self) -> None:
        for slug, events in expire_events(now=timezone.now()):
            self.stdout.write(phrase("{tenant}: {count} events past retention erased", tenant=slug, count=events))

    def _change(self, verb: str, tenant: Tenant, options: dict[str, Any]) -> None:
        if verb == "export":
            if options["to"] is None:
                raise CommandError(phrase("say where to: --to FILE.zip"))
            counts = services.export_tenant(tenant, options["to"])
            self.stdout.write(phrase("{count} rows in {path}", count=sum(counts.values()), path=options["to"]))
            return
        if verb == "delete":
            services.request_deletion(tenant, grace_days=options["grace_days"])
            end = timezone.now() + timedelta(days=options["grace_days"])
            self.stdout.write(phrase("{tenant} is erased after {end:%Y-%m-%d}", tenant=tenant.slug, end=end))
            return
        acts = {
            "suspend": services.suspend_tenant,
            "activate": services.activate_tenant,
            "keep": services.cancel_deletion,
        }
        acts[verb](tenant)
        self.stdout.write(phrase("{tenant}: {status}", tenant=tenant.slug, status=tenant.get_status_display()))

    def _list(self) -> None:
        for tenant in Tenant.objects.order_by("slug"):
            status = tenant.get_status_display()
            self.stdout.write(f"{tenant.slug}  {tenant.get_plan_display()}  {status}  {tenant.name}")
