"""`manage.py createadmin`: make somebody who runs the installation, or give her a new password.

Asks for the password twice, or reads one line with `--password-stdin`, so that it never shows in a process list.
"""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.accounts.models import User
from apps.accounts.services import create_user, set_password
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.common.text import normalized_identifier
from apps.tenants.models import Tenant
from apps.tenants.selectors import get_tenant_by_slug
from apps.tenants.services import SYSTEM_SLUG, ensure_system_tenant
from imsite.phrases import language, phrase


class Command(BaseCommand):
    """Parse, ask, make."""

    help = phrase("Make a system administrator: NAME for NAME@system, or NAME@TENANT.")

    def add_arguments(self, parser: CommandParser) -> None:
        """One name and how to get the password."""
        parser.add_argument("login", metavar="NAME[@TENANT]")
        parser.add_argument(
            "--password-stdin", action="store_true", help=phrase("read the password from standard input")
        )
        parser.add_argument(
            "--reset-password", action="store_true", help=phrase("if the account exists, change its password")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account, or give an existing administrator another password."""
        name, _at, slug = normalized_identifier(options["login"]).partition("@")
        existing = User.unscoped.filter(login=f"{name}@{slug or SYSTEM_SLUG}").first()
        if existing is not None and not (options["reset_password"] and existing.is_superuser):
            raise CommandError(
                phrase(
                    "{login} exists already; --reset-password gives an administrator another password",
                    login=existing.login,
                )
            )
        with translation.override(language()):
            try:
                tenant = _find_tenant(slug)
                password = _read_password(from_stdin=options["password_stdin"])
                user = run_in_transaction(lambda: _make(existing, tenant, name, password))
            except ImError as error:
                raise CommandError(error.text) from error
        self.stdout.write(phrase("{login} can open the admin", login=user.login))


def _find_tenant(slug: str) -> Tenant:
    return ensure_system_tenant() if slug in {"", SYSTEM_SLUG} else get_tenant_by_slug(slug)


def _make(existing: User | None, tenant: Tenant, name: str, password: str) -> User:
    if existing is not None:
        set_password(existing, password=password)
        return existing
    return create_user(tenant, username=name, password=password, is_staff=True, is_superuser=True)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(phrase("Password: "))
    if password != getpass.getpass(phrase("Password (again): ")):
        raise CommandError(phrase("the two passwords differ"))
    return password
