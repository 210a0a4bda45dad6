"""`manage.py prepare`: what an installation with its own PostgreSQL needs before nodes start; safe to repeat.

`manage.py up` does the same by itself.
"""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.errors import ImError
from apps.tenants.services import SYSTEM_SLUG, ensure_system_tenant
from imsite.env import read_environment
from imsite.errors import OperatorError
from imsite.phrases import language, phrase
from imsite.supervision.preparation import prepare_database


class Command(BaseCommand):
    """Parse, prepare, print what was made."""

    help = phrase("Apply migrations, make the OAuth2 clients and, if asked for, accounts. Safe to repeat.")
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Neither option changes an account that exists."""
        parser.add_argument(
            "--admin", metavar="USERNAME", help=phrase("make a system administrator and print the password")
        )
        parser.add_argument("--demo", action="store_true", help=phrase("make the demo tenant and print its logins"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare; prints a line per account."""
        try:
            accounts = prepare_database(read_environment(), demo=options["demo"])
        except OperatorError as error:
            raise CommandError(str(error)) from error
        if options["admin"]:
            accounts.append(_ensure_administrator(options["admin"].strip().lower()))
        for login, password in accounts:
            self.stdout.write(f"{login}  {password}")


def _ensure_administrator(username: str) -> tuple[str, str]:
    login = f"{username}@{SYSTEM_SLUG}"
    if User.unscoped.filter(login=login).exists():
        return login, phrase("(exists; manage.py changepassword gives another password)")
    password = secrets.token_urlsafe(15)
    with translation.override(language()):
        try:
            create_user(ensure_system_tenant(), username=username, password=password, is_staff=True, is_superuser=True)
        except ImError as error:
            raise CommandError(error.text) from error
    return login, password
