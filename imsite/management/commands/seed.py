"""`manage.py seed`: whole companies to try things out with, thousands of departments and people each."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.common.errors import ImError
from imsite.errors import OperatorError
from imsite.phrases import language, phrase
from imsite.seeding.companies import SHARES, Order, seed


class Command(BaseCommand):
    """Parse, seed, tell."""

    help = phrase("Make tenants with organisations, departments and people to try things out with.")

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of what."""
        parser.add_argument("--tenants", type=int, default=1, help=phrase("how many tenants to make"))
        parser.add_argument("--departments", type=int, default=200, help=phrase("departments of each tenant"))
        parser.add_argument("--people", type=int, default=2_000, help=phrase("people of each tenant"))
        parser.add_argument(
            "--prefix", default="group", help=phrase("short names of the tenants begin with this: group1, group2")
        )
        parser.add_argument(
            "--password", default=None, help=phrase("password of all these people; without it nobody signs in")
        )
        parser.add_argument("--seed", type=int, default=1, help=phrase("the same number makes the same companies"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Make everything and say how long it took."""
        if options["tenants"] < 1 or options["people"] < 1 or options["departments"] < len(SHARES):
            raise CommandError(
                phrase("it takes a tenant, a person and {least} departments at least", least=len(SHARES))
            )
        fields = ("tenants", "departments", "people", "prefix", "password", "seed")
        order = Order(**{field: options[field] for field in fields})
        started = time.monotonic()
        with translation.override(language()):
            try:
                tenants = seed(order, timezone.now())
            except ImError as error:
                raise CommandError(error.text) from error
            except OperatorError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            phrase(
                "{tenants} tenants ({slugs}), each of {departments} departments and {people} people: {seconds:.1f} s",
                tenants=len(tenants),
                slugs=", ".join(tenant.slug for tenant in tenants),
                departments=order.departments,
                people=order.people,
                seconds=time.monotonic() - started,
            )
        )
