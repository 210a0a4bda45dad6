"""`manage.py node`: serve one node on its two ports, in one process and one event loop.

Never touches the schema: it waits, for a bounded time, until somebody has migrated.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver

from imsite.env import SettingError, parse_node_address, read_environment
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.readiness import await_database, await_schema
from imsite.serving.listeners import open_listeners

DATABASE_TIMEOUT_S = 30.0
SCHEMA_TIMEOUT_S = 120.0


class Command(BaseCommand):
    """Parse, wait for the database, serve."""

    help = phrase("Serve pages, REST and WebSocket sessions until SIGTERM or Ctrl-C.")
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Defaults come from the environment; see imsite/env.py."""
        environment = read_environment()
        parser.add_argument("--server", choices=["im", "uvicorn", "daphne"], default="uvicorn")
        parser.add_argument("--host", default=environment.bind_host)
        parser.add_argument("--http-port", type=int, default=environment.http_port)
        parser.add_argument("--ws-port", type=int, default=environment.ws_port)
        parser.add_argument("--name", default=environment.node_name, help=phrase("what people call this node"))
        parser.add_argument("--cluster-port", type=int, default=environment.cluster_port)
        parser.add_argument("--cluster-data-port", type=int, default=environment.cluster_data_port)
        parser.add_argument(
            "--join",
            action="append",
            metavar="HOST:PORT",
            help=phrase("cluster port of another node; may be repeated, one that answers is enough"),
        )
        parser.add_argument(
            "--expect",
            type=int,
            choices=range(6),
            metavar="N",
            help=phrase("how many fresh nodes form a cluster together; 0 only joins"),
        )
        parser.add_argument(
            "--until-stdin-closes",
            action="store_true",
            help=phrase("stop when the other end of standard input is gone"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; returns after a graceful stop."""
        settings.IM_CLUSTER = settings.IM_CLUSTER | _cluster_changes(options)
        ports = {"IM_HTTP_PORT": options["http_port"], "IM_WS_PORT": options["ws_port"]}
        until_stdin_closes = options["until_stdin_closes"]
        # WhiteNoise warns about a folder for collected files that is missing, although none need collecting.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        try:
            await_database(read_environment().database, DATABASE_TIMEOUT_S)
            await_schema(SCHEMA_TIMEOUT_S)
            # Load every view now: a defect stops the start instead of the first request, which is quick, too.
            _ = get_resolver().url_patterns
            if options["server"] == "daphne":
                from imsite.serving.daphne_node import serve_daphne

                serve_daphne(options["host"], ports, until_stdin_closes=until_stdin_closes)
            elif options["server"] == "im":
                from imsite.serving.im_node import serve_im

                serve_im(open_listeners(options["host"], ports), until_stdin_closes=until_stdin_closes)
            else:
                from imsite.serving.uvicorn_node import serve_uvicorn

                serve_uvicorn(open_listeners(options["host"], ports), until_stdin_closes=until_stdin_closes)
        except OperatorError as error:
            raise CommandError(str(error)) from error


def _cluster_changes(options: dict[str, Any]) -> dict[str, Any]:
    """What the command line says of this node's place in its cluster. Raises CommandError."""
    try:
        join = tuple(parse_node_address(text) for text in options["join"] or ())
    except SettingError as error:
        raise CommandError(str(error)) from error
    changes: dict[str, Any] = {
        "name": options["name"],
        "port": options["cluster_port"],
        "data_port": options["cluster_data_port"],
    }
    if join:
        changes |= {"join": join, "expect": 0}
    if options["expect"] is not None:
        changes["expect"] = options["expect"]
    return changes
