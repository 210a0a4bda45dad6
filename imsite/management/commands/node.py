"""`manage.py node`: serve one node on its two ports, by one process or several, each with an event loop.

Never touches the schema: it waits, for a bounded time, until somebody has migrated.
"""

import socket
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver

from imsite.env import Environment, SettingError, parse_node_address, read_environment
from imsite.errors import OperatorError
from imsite.logs import FieldFormatter
from imsite.phrases import phrase
from imsite.readiness import await_database, await_schema, disconnect
from imsite.serving.listeners import open_group, open_listeners
from imsite.supervision.processes import ProcessPlan, plan_processes, possible
from imsite.supervision.workers import Worker, Workers

DATABASE_TIMEOUT_S = 30.0
SCHEMA_TIMEOUT_S = 120.0


class Command(BaseCommand):
    """Parse, wait for the database, serve."""

    help = phrase("Serve pages, REST and WebSocket sessions until SIGTERM or Ctrl-C.")
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Defaults come from the environment; see imsite/env.py."""
        environment = read_environment()
        parser.add_argument("--server", choices=["im", "uvicorn", "daphne"], default="im")
        parser.add_argument("--host", default=environment.bind_host)
        parser.add_argument("--http-port", type=int, default=environment.http_port)
        parser.add_argument("--ws-port", type=int, default=environment.ws_port)
        parser.add_argument(
            "--processes",
            type=_processes,
            default=environment.node_processes,
            metavar="N|auto",
            help=phrase("how many processes serve; auto: one per processor, two at least"),
        )
        parser.add_argument(
            "--roles",
            type=_roles,
            default=environment.node_roles,
            metavar="ws,http,jobs",
            help=phrase("what this node does; without it all, divided among its processes"),
        )
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
        environment = read_environment()
        # WhiteNoise warns about a folder for collected files that is missing, although none need collecting.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        try:
            plans = plan_processes(
                settings.IM_CLUSTER,
                {"IM_HTTP_PORT": options["http_port"], "IM_WS_PORT": options["ws_port"]},
                count=possible(options["processes"], server=options["server"], layer=environment.layer),
                roles=options["roles"],
                probe_port=environment.probe_port,
            )
            await_database(environment.database, DATABASE_TIMEOUT_S)
            await_schema(SCHEMA_TIMEOUT_S)
            # Load every view now: a defect stops the start instead of the first request, which is quick, too.
            _ = get_resolver().url_patterns
            _serve(plans, options)
        except OperatorError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error


def _serve(plans: Sequence[ProcessPlan], options: dict[str, Any]) -> None:
    """Serve in this process, or in several below it. Raises OperatorError."""
    host, until_stdin_closes = options["host"], options["until_stdin_closes"]
    if len(plans) > 1:
        _serve_by_many(plans, host, options["server"], until_stdin_closes=until_stdin_closes)
        return
    [plan] = plans
    _take_part(plan, sign=bool(read_environment().values.get("IM_NODE_NAME")))
    if options["server"] == "daphne":
        from imsite.serving.daphne_node import serve_daphne

        serve_daphne(host, dict(plan.ports), until_stdin_closes=until_stdin_closes)
    else:
        listeners = open_listeners(host, dict(plan.ports))
        _serve_here(options["server"], listeners, until_stdin_closes=until_stdin_closes)


def _serve_by_many(plans: Sequence[ProcessPlan], host: str, server: str, *, until_stdin_closes: bool) -> None:
    """Load what all of them need, let go of what none may inherit, and fork."""

    def serve(plan: ProcessPlan, listeners: list[socket.socket]) -> None:
        _take_part(plan, sign=True)
        _serve_here(server, listeners, until_stdin_closes=False)

    import_module("imsite.asgi")
    import_module(f"imsite.serving.{server}_node")
    disconnect()
    Workers(_open_workers(plans, host), serve).run(until_stdin_closes=until_stdin_closes)


def _serve_here(server: str, listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
    if server == "im":
        from imsite.serving.im_node import serve_im

        serve_im(listeners, until_stdin_closes=until_stdin_closes)
    else:
        from imsite.serving.uvicorn_node import serve_uvicorn

        serve_uvicorn(listeners, until_stdin_closes=until_stdin_closes)


def _take_part(plan: ProcessPlan, *, sign: bool) -> None:
    """Be the process that was planned."""
    settings.IM_CLUSTER = {**settings.IM_CLUSTER, **plan.cluster}
    settings.IM_NODE_ROLES = plan.roles
    FieldFormatter.node = plan.name if sign else ""


def _open_workers(plans: Sequence[ProcessPlan], host: str) -> list[Worker]:
    """Open the ports that processes share, and each one's own. Raises OperatorError."""
    shared = {tuple(plan.ports.items()): list[ProcessPlan]() for plan in plans}
    for plan in plans:
        shared[tuple(plan.ports.items())].append(plan)
    workers = {}
    for ports, sharers in shared.items():
        for plan, listeners in zip(sharers, open_group(host, dict(ports), len(sharers)), strict=True):
            probe = open_listeners(host, {"IM_PROBE_PORT": plan.probe_port})
            workers[plan.name] = Worker(plan, [*listeners, *probe])
    return [workers[plan.name] for plan in plans]


def _processes(text: str) -> int:
    return Environment({"IM_NODE_PROCESSES": text}).node_processes


def _roles(text: str) -> tuple[str, ...]:
    return Environment({"IM_NODE_ROLES": text}).node_roles


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
