"""One embedded PostgreSQL server: create, start, watch, stop.

Reached over TCP on 127.0.0.1 with a random password only. Durability is PostgreSQL's default; `durable=False` is for
throwaway servers of the test suite. Call from the main thread: on Linux the server ends with the thread that
started it. The caller makes sure that nobody else uses the data folder at the same time (see `filelock`).
"""

import random
import secrets
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg

from imsite.embedded.account import choose_account
from imsite.embedded.address import HOST, ServerAddress, load_address, save_address
from imsite.embedded.binaries import find_program
from imsite.embedded.command import explain_launch_failure, launch_command
from imsite.embedded.initialise import create_data_folder
from imsite.embedded.leftovers import clear_leftovers, kill_backends, stop_process
from imsite.embedded.logfile import bound_log, read_from
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.ports import choose_free_port, is_port_free

START_ATTEMPTS = 3
# Recovery after a crash replays the write-ahead log since the last checkpoint: 1 GB by default, seconds as a rule.
READY_TIMEOUT_S = 300.0
READY_POLL_S = 0.03
NAME = "imsite"

# Sized for a small machine shared with the node; large installations bring their own server. No statement and no
# parameter reaches the log, because both hold message bodies.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "192MB",
    "log_line_prefix": "%m [%p] ",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "logging_collector": "off",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """The server of one data folder (`postgres/`, `postgres.json` and `postgres.log` below `data_dir`)."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.pgdata = data_dir.absolute() / "postgres"
        self.address_file = self.pgdata.with_name("postgres.json")
        self.log_file = self.pgdata.with_name("postgres.log")
        self._durable = durable
        self._randomness = random.Random()  # noqa: S311 - chooses ports only
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid if self._process is not None and self.is_running() else None

    @property
    def port(self) -> int | None:
        """The port of the last start, or None before the first."""
        address = load_address(self.address_file)
        return address.port if address is not None else None

    def is_running(self) -> bool:
        """Whether the postmaster that we started is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> ServerAddress:
        """Start, after clearing what a crash left, and return when it answers a query.

        Creates the data folder at first. Tries at most three times, with another port where the kept one is taken.
        Raises OperatorError naming what to do.
        """
        address = self._prepare()
        failure = ""
        for _ in range(START_ATTEMPTS):
            clear_leftovers(self.pgdata)
            address = self._settle_port(address)
            failure = self._launch(address)
            if not failure:
                return address
        raise OperatorError(
            phrase("PostgreSQL does not start: {failure} (see {log})", failure=failure, log=self.log_file)
        )

    def stop(self) -> None:
        """Stop and wait until no process is left. Safe to call when it does not run."""
        if self._process is not None:
            if self.is_running():
                stop_process(psutil.Process(self._process.pid), self.pgdata)
            self._process.wait()
            kill_backends(self.pgdata)
            self._process = None

    def bound_log(self) -> None:
        """Keep the log file within its size; call now and then."""
        bound_log(self.log_file)

    def _prepare(self) -> ServerAddress:
        self.pgdata.parent.mkdir(parents=True, exist_ok=True)
        account = choose_account(self.pgdata)
        address = load_address(self.address_file)
        if self.pgdata.exists():
            if address is None:
                raise OperatorError(
                    phrase(
                        "{file} with the password of {pgdata} is missing: restore it from a backup, "
                        "or set IM_DATA_DIR to start with an empty folder",
                        file=self.address_file,
                        pgdata=self.pgdata,
                    )
                )
            return address
        port = choose_free_port(self._randomness)
        address = ServerAddress(port=port, user=NAME, password=secrets.token_hex(24), database=NAME)
        save_address(self.address_file, address)
        create_data_folder(self.pgdata, address, account, durable=self._durable)
        return address

    def _settle_port(self, address: ServerAddress) -> ServerAddress:
        if is_port_free(address.port):
            return address
        moved = address.with_port(choose_free_port(self._randomness))
        save_address(self.address_file, moved)
        return moved

    def _launch(self, address: ServerAddress) -> str:
        """Start once. Empty on success, otherwise the server's own last complaint."""
        self.bound_log()
        self.log_file.touch(mode=0o600)
        offset = self.log_file.stat().st_size
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(address),
                cwd=self.pgdata.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal goes to the supervisor alone, which stops things in their order.
                start_new_session=sys.platform != "win32",
            )
        return self._await_ready(self._process, address, offset)

    def _command(self, address: ServerAddress) -> list[str]:
        settings = SETTINGS | {"port": str(address.port)} | ({} if self._durable else THROWAWAY_SETTINGS)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = [str(find_program("postgres")), "-D", str(self.pgdata), *options]
        return launch_command(program, choose_account(self.pgdata), needs=self.pgdata)

    def _await_ready(self, process: subprocess.Popen[bytes], address: ServerAddress, offset: int) -> str:
        deadline = time.monotonic() + READY_TIMEOUT_S
        refusal = phrase("it did not answer in time")
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return self._explain_exit(process.returncode, offset)
            try:
                _ensure_database(address)
                return ""
            except psycopg.OperationalError as error:
                refusal = str(error).strip().splitlines()[-1]
            time.sleep(READY_POLL_S)
        self.stop()
        return refusal

    def _explain_exit(self, returncode: int, offset: int) -> str:
        lines = [line.strip() for line in read_from(self.log_file, offset).splitlines() if line.strip()]
        explanation = explain_launch_failure(returncode, lines[-1]) if lines else None
        if explanation is not None:
            raise OperatorError(explanation)
        fatal = [line for line in lines if "FATAL" in line]
        return (fatal or lines or [phrase("exit code {code}", code=returncode)])[-1]


def _ensure_database(address: ServerAddress) -> None:
    """Connect to the address's database, creating it at first."""
    try:
        psycopg.connect(address.url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if f'database "{address.database}" does not exist' not in str(error):
            raise
        maintenance = ServerAddress(address.port, address.user, address.password, "postgres")
        with psycopg.connect(maintenance.url, connect_timeout=5, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{NAME}"')
