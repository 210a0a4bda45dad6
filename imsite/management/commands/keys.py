"""`manage.py keys list|rotate|revoke`: the keys that tickets and identity tokens are signed with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.accounts.models import SigningKey
from apps.accounts.services.key_rotation import list_keys, revoke_key, rotate_keys
from apps.audit.origin import Origin, coming_from
from apps.common.errors import ImError
from imsite.phrases import language, phrase


class Command(BaseCommand):
    """Parse, do, tell."""

    help = phrase("List the keys that tokens are signed with, begin with the next one, or give one up.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which key."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help=phrase("list the keys: ids, and since when each signs"))
        rotate = actions.add_parser("rotate", help=phrase("begin with the next key before its time"))
        rotate.add_argument("algorithm", choices=SigningKey.Algorithm.values)
        revoke = actions.add_parser("revoke", help=phrase("believe nothing any more that a key signed"))
        revoke.add_argument("kid", help=phrase("the id of the key"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, as the installation itself."""
        with translation.override(language()), coming_from(Origin(via="command")):
            try:
                self._do(options)
            except ImError as error:
                raise CommandError(error.text) from error

    def _do(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["action"] == "list":
            for key, standing in list_keys():
                self.stdout.write(f"{key.algorithm}  {key.kid}  {key.signs_from:%Y-%m-%d %H:%M}  {_told(standing)}")
        elif options["action"] == "rotate":
            kid = rotate_keys(options["algorithm"], now=now)
            self.stdout.write(phrase("{kid} signs from now on", kid=kid))
        else:
            revoke_key(options["kid"], now=now)
            self.stdout.write(
                phrase("{kid} is revoked; nodes believe it no more within half a minute", kid=options["kid"])
            )


def _told(standing: str) -> str:
    told = {
        "signing": phrase("signs"),
        "coming": phrase("signs next"),
        "former": phrase("signed before"),
        "revoked": phrase("revoked"),
    }
    return told[standing]
