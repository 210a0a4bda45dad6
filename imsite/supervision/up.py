"""`manage.py up`: database, schema, demo accounts and one node or several, started in order and kept running.

For one machine. Larger installations run `manage.py node` under their own service manager and set DATABASE_URL.
Everything it starts ends with it, however it ends.
"""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

from imsite.embedded import EmbeddedPostgres
from imsite.env import Environment, read_environment
from imsite.errors import NodeRemoved, OperatorError
from imsite.filelock import FileLock
from imsite.phrases import padded, phrase, width
from imsite.ports import require_free_port
from imsite.supervision.child import NodeChild
from imsite.supervision.nodes import NodePlan, SupervisedNode, plan_nodes
from imsite.supervision.processes import possible
from imsite.supervision.restarts import RestartBudget

HEALTHY_TIMEOUT_S = 60.0
HEALTH_POLL_S = 0.05
WATCH_POLL_S = 0.2
LOG_CHECK_S = 60.0
LABEL_COLUMNS = 11


def run_up(arguments: list[str]) -> int:
    """Start everything, print the addresses, and stay until Ctrl-C or SIGTERM. Raises OperatorError."""
    options = _parse(arguments)
    environment = read_environment()
    environment.data_dir.mkdir(parents=True, exist_ok=True)
    with _stopping_on_signals(), _exclusive(environment):
        plans = plan_nodes(environment, options.nodes)
        for plan in plans:
            for name, port in plan.ports.items():
                require_free_port(name, port, environment.bind_host)
        asked = options.processes if len(plans) == 1 else 1
        processes = possible(asked, server=options.server, layer=environment.layer)
        site = Site(environment, plans, demo=options.demo, server=options.server, processes=processes)
        try:
            site.start()
            site.watch()
        except KeyboardInterrupt:
            _say(phrase("stopping"))
            return 0
        finally:
            _ignore_signals()
            site.stop()
    return 0


class Site:
    """What `up` runs: an embedded database, unless DATABASE_URL names another, and the nodes."""

    def __init__(
        self, environment: Environment, plans: list[NodePlan], *, demo: bool, server: str, processes: int
    ) -> None:
        self._environment = environment
        self._demo = demo
        self._postgres = None if environment.database_url else EmbeddedPostgres(environment.data_dir)
        self._nodes = [SupervisedNode(plan, server=server, processes=processes) for plan in plans]
        self._postgres_budget = RestartBudget()
        self._postgres_started_at = 0.0

    def start(self) -> None:
        """Bring everything up and say where it is."""
        began_at = time.monotonic()
        if self._postgres is not None:
            self._start_postgres(self._postgres)
        # Nodes wait for the schema by themselves, so they load while the schema is checked here.
        self._environment.secret_key  # noqa: B018 - made once, here, before several nodes would each make one
        for node in self._nodes:
            node.child.start()
        from imsite.supervision.preparation import prepare_database

        accounts = prepare_database(self._environment, demo=self._demo)
        for node in self._nodes:
            _await_node(node.child)
        seconds = time.monotonic() - began_at
        _announce(self._environment, [node.plan for node in self._nodes], accounts)
        _say(phrase("ready in {seconds:.1f} s; Ctrl-C stops everything", seconds=seconds))

    def watch(self) -> None:
        """Restart what dies; returns never. Raises OperatorError when something dies again and again."""
        log_checked_at = time.monotonic()
        while True:
            time.sleep(WATCH_POLL_S)
            if self._postgres is not None and not self._postgres.is_running():
                self._restart_postgres(self._postgres)
            for node in [each for each in self._nodes if not each.child.is_running()]:
                if node.child.exit_code == NodeRemoved.exit_code:
                    self._let_go(node)
                else:
                    _restart_node(node)
            if self._postgres is not None and time.monotonic() - log_checked_at > LOG_CHECK_S:
                self._postgres.bound_log()
                log_checked_at = time.monotonic()

    def stop(self) -> None:
        """The nodes first, which still write, all at once; then the database."""
        for node in self._nodes:
            node.child.ask_to_stop()
        for node in self._nodes:
            node.child.stop()
        if self._postgres is not None:
            self._postgres.stop()

    def _let_go(self, node: SupervisedNode) -> None:
        """An operator removed it from the cluster for good. Raises NodeRemoved when it was the last."""
        self._nodes.remove(node)
        name, folder = node.plan.environment.node_name, node.plan.environment.cluster_dir
        removed = phrase(
            "{name} was removed from the cluster; to have it join anew, delete {folder}", name=name, folder=folder
        )
        if not self._nodes:
            raise NodeRemoved(removed)
        _say(removed)

    def _start_postgres(self, postgres: EmbeddedPostgres) -> int:
        if not postgres.pgdata.exists():
            _say(phrase("creating the database"))
        port = postgres.start().port
        self._postgres_started_at = time.monotonic()
        return port

    def _restart_postgres(self, postgres: EmbeddedPostgres) -> None:
        delay_s = self._postgres_budget.delay_after_death(time.monotonic() - self._postgres_started_at)
        if delay_s is None:
            raise OperatorError(phrase("PostgreSQL dies again and again: see {log}", log=postgres.log_file))
        _say(phrase("PostgreSQL died; starting it again"))
        time.sleep(delay_s)
        port_before = postgres.port
        port = self._start_postgres(postgres)
        _say(phrase("PostgreSQL runs again"))
        if port != port_before:
            for node in self._nodes:
                node.child.stop()
                node.child.start()


def _restart_node(node: SupervisedNode) -> None:
    _say(phrase("the node ended with exit code {code}; starting it again", code=node.child.exit_code))
    node.restart()


def _await_node(child: NodeChild) -> None:
    deadline = time.monotonic() + HEALTHY_TIMEOUT_S
    while not child.is_healthy():
        if not child.is_running():
            code = child.exit_code
            raise OperatorError(phrase("the node ended with exit code {code}: its lines above say why", code=code))
        if time.monotonic() > deadline:
            raise OperatorError(phrase("the node does not answer within {seconds:.0f} s", seconds=HEALTHY_TIMEOUT_S))
        time.sleep(HEALTH_POLL_S)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description=phrase("Run the whole site on this machine."))
    parser.add_argument("--no-demo", dest="demo", action="store_false", help=phrase("make no demo tenant and logins"))
    parser.add_argument("--server", choices=["im", "uvicorn", "daphne"], default="im")
    parser.add_argument("--nodes", type=int, default=1, help=phrase("how many nodes of one cluster to run, 1 to 5"))
    parser.add_argument(
        "--processes",
        type=lambda text: Environment({"IM_NODE_PROCESSES": text}).node_processes,
        default=read_environment().node_processes,
        metavar="N|auto",
        help=phrase("how many processes serve; auto: one per processor, two at least"),
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _exclusive(environment: Environment) -> Iterator[None]:
    lock = FileLock(environment.data_dir / "up.lock")
    if not lock.acquire():
        raise OperatorError(
            phrase(
                "already running (pid {pid}) with {folder}: end it, or set IM_DATA_DIR",
                pid=lock.holder(),
                folder=environment.data_dir,
            )
        )
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Treat a polite end, or a closed terminal, like Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in _stop_signals()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in _stop_signals():
        signal.signal(number, signal.SIG_IGN)


def _stop_signals() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    known = [signal.Signals[name] for name in names if name in signal.Signals.__members__]
    # `nohup` ignores the closing of the terminal on purpose.
    return [number for number in known if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN]


def _announce(environment: Environment, plans: list[NodePlan], accounts: list[tuple[str, str]]) -> None:
    http = plans[0].http_address
    rows = [
        (phrase("Chat"), f"{http}/chat/"),
        (phrase("Admin"), f"{http}/admin/"),
        ("API", f"{http}/api/docs/"),
        ("WebSocket", plans[0].ws_address),
        *((plan.environment.node_name, f"{plan.http_address}/chat/") for plan in plans[1:]),
    ]
    lines = [f"  {padded(label, LABEL_COLUMNS)}{address}" for label, address in rows]
    if accounts:
        table = [(phrase("Sign in as"), phrase("password")), *accounts]
        columns = max(width(login) for login, _ in table) + 2
        lines += ["", *(f"  {padded(login, columns)}{password}" for login, password in table)]
        lines += ["", "  " + phrase("kept in {path}", path=environment.data_dir / "demo-accounts.json")]
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more; that is no reason to stop
        sys.stdout.write(f"imsite: {line}\n")
        sys.stdout.flush()
