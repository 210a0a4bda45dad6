"""Django's `createsuperuser` cannot name a tenant; this one says which command can."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imsite.phrases import phrase


class Command(BaseCommand):
    """Refuse with the way out."""

    help = phrase("Use createadmin instead.")
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whatever Django's own command would."""
        parser.add_argument("ignored", nargs="*")
        parser.add_argument("--noinput", "--no-input", action="store_true")
        parser.add_argument("--login", "--username", "--email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse."""
        raise CommandError(phrase("every user belongs to a tenant: use manage.py createadmin NAME"))
