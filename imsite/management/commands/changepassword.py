"""Django's `changepassword`, which also signs out whoever knew the old one: programs, sockets and browsers."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from apps.accounts.models import User
from apps.accounts.services import revoke_tokens


class Command(changepassword.Command):
    """Change the password as Django does, then sign the person out everywhere."""

    def handle(self, *args: Any, **options: Any) -> str:
        """Nodes, which are other processes, find it in the database within seconds."""
        said = str(super().handle(*args, **options))
        login = options["username"] or getpass.getuser()
        revoke_tokens(User.unscoped.get_by_natural_key(login))
        return said
