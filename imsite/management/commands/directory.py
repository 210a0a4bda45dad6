"""`manage.py directory`: look at directories, try them out and synchronise them from the command line."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.common.errors import ImError
from apps.identity.models import Connection, DirectoryRun
from apps.identity.services.acting import program_of
from apps.identity.services.directories import checking, runs, texts
from apps.identity.services.scim.tokens import make_token
from imsite.directories import add_set_action, set_connection
from imsite.phrases import phrase


class Command(BaseCommand):
    """Parse, do it for the directory meant, tell."""

    help = phrase("List directories, try them out and synchronise people and departments with them.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which directory."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help=phrase("list directories: their ids, tenants and last runs"))
        for name, text in (
            ("check", phrase("try the settings out; exit status 1 if anything is wrong")),
            ("preview", phrase("list what a run would change; nothing does")),
        ):
            actions.add_parser(name, help=text).add_argument("id", help=phrase("the id of the connection"))
        sync = actions.add_parser("sync", help=phrase("make people and departments be as the directory has them"))
        sync.add_argument("id", nargs="?", help=phrase("the id of the connection"))
        sync.add_argument("--due", action="store_true", help=phrase("every directory whose time has come"))
        add_set_action(actions)
        token = actions.add_parser("token", help=phrase("make a token of a SCIM connection and show it, once"))
        token.add_argument("id", help=phrase("the id of the connection"))
        sync.add_argument("--confirm", metavar="RUN", help=phrase("yes to all that this preview lets vanish"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; what is refused is an error of the command."""
        try:
            if options["action"] == "list":
                self._list()
            elif options["action"] == "set":
                self.stdout.write(str(set_connection(options, now=timezone.now()).pk))
            elif options["action"] == "token":
                connection = _connection(options["id"], Connection.Kind.SCIM)
                program, now = program_of(connection), timezone.now()
                self.stdout.write(make_token(program, connection_id=connection.pk, now=now))
            elif options["action"] == "sync" and options["due"]:
                self._tell_all(runs.synchronise_due(now=timezone.now()))
            else:
                self._one(_connection(options["id"], Connection.Kind.LDAP), options)
        except ImError as error:
            raise CommandError(error.text) from error

    def _list(self) -> None:
        for connection in _connections(Connection.Kind.LDAP, Connection.Kind.SCIM):
            last = DirectoryRun.objects.for_tenant(connection.tenant_id).filter(connection=connection)
            run = last.order_by("-created_at", "-id").first()
            state = "" if run is None else f"{run.get_state_display()} {run.created_at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{connection.pk}  {connection.tenant.slug}  {connection.name}  {state}".rstrip())

    def _one(self, connection: Connection, options: dict[str, Any]) -> None:
        actor, now = program_of(connection), timezone.now()
        if options["action"] == "check":
            self._check(checking.check_directory(actor, connection_id=connection.pk, now=now))
        elif options["action"] == "preview":
            run = runs.preview(actor, connection_id=connection.pk, now=now)
            for what, subject, detail in map(texts.told_change, run.changes):
                self.stdout.write(f"{what}: {subject}  {detail}".rstrip())
            self._tell_all([run])
        else:
            confirmed = None if options["confirm"] is None else _id(options["confirm"])
            self._tell_all([runs.synchronise(actor, connection_id=connection.pk, confirmed_run_id=confirmed, now=now)])

    def _check(self, answers: list[checking.Answer]) -> None:
        for answer in answers:
            self.stdout.write(f"{'+' if answer.is_well else '!'} {answer.text}")
        if not all(answer.is_well for answer in answers):
            raise CommandError(phrase("the directory can't be used like this yet"))

    def _tell_all(self, found: Iterable[DirectoryRun]) -> None:
        """Tell what has become of runs; one that stopped or failed is an error, for whoever watches a timer."""
        bad = 0
        for run in found:
            for code, subject, detail in run.findings:
                self.stdout.write(f"! {subject}: {texts.FINDINGS[code]} {detail}".rstrip())
            for kind, count in sorted(run.counts.items()):
                self.stdout.write(f"{count:>6}  {texts.STEPS[kind]}")
            self.stdout.write(f"{run.pk}  {run.get_state_display()}")
            bad += run.state in (DirectoryRun.State.STOPPED, DirectoryRun.State.FAILED)
        if bad:
            raise CommandError(phrase("{count} runs stopped or failed", count=bad))


def _connections(*kinds: str) -> list[Connection]:
    rows = Connection.unscoped.filter(kind__in=kinds).select_related("tenant")
    return list(rows.order_by("tenant__slug", "name", "id"))


def _connection(text: str | None, kind: str) -> Connection:
    if text is None:
        raise CommandError(phrase("name a directory by its id, or say --due"))
    key = _id(text)
    for connection in _connections(kind):
        if connection.pk == key:
            return connection
    raise CommandError(phrase("there is no directory {id}", id=text))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(phrase("there is no directory {id}", id=text)) from error
