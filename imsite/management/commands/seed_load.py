"""`manage.py seed_load`: users, tokens and conversations for `manage.py loadtest`, in a tenant of their own."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.common.errors import ImError
from imsite.errors import OperatorError
from imsite.loadseed import Order, seed
from imsite.phrases import language, phrase


class Command(BaseCommand):
    """Parse, seed, tell."""

    help = phrase("Make users, access tokens and conversations for load tests, in a tenant of their own.")

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and where the tokens go."""
        parser.add_argument("--users", type=int, default=10_000, help=phrase("how many users to make"))
        parser.add_argument("--tenant", default="load", help=phrase("short name of the tenant to make for them"))
        parser.add_argument(
            "--tokens",
            type=Path,
            default=Path("load-tokens.json"),
            metavar="FILE",
            help=phrase("where to write the tokens, readable by you alone"),
        )
        parser.add_argument(
            "--sizes",
            type=int,
            nargs="*",
            default=[10, 200, 2000, 10_000],
            help=phrase("sizes of the groups to make; pairs come always"),
        )
        parser.add_argument("--days", type=int, default=30, help=phrase("how long the tokens are good for"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Make everything and say how long it took."""
        if options["users"] < 2 or options["days"] < 1:
            raise CommandError(phrase("a load test needs two users at least, and tokens for a day"))
        order = Order(options["tenant"], options["users"], tuple(options["sizes"]), timedelta(days=options["days"]))
        started = time.monotonic()
        with translation.override(language()):
            try:
                population = seed(order, options["tokens"])
            except ImError as error:
                raise CommandError(error.text) from error
            except OperatorError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            phrase(
                "{users} users and {conversations} conversations in {seconds:.1f} s; their tokens are in {path}",
                users=len(population.users),
                conversations=sum(map(len, population.conversations.values())),
                seconds=time.monotonic() - started,
                path=options["tokens"],
            )
        )
