"""The embedded server keeps its data and leaves no process, whatever happens to it or to its supervisor."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from imsite.embedded import EmbeddedPostgres, launch
from imsite.embedded.address import ServerAddress, load_address
from imsite.embedded.binaries import find_program
from imsite.embedded.leftovers import find_processes
from imsite.env import ROOT
from imsite.errors import OperatorError
from tests.imsite.embedded.conftest import needs_linux, needs_root

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("embedded-server")]

SUPERVISOR = """
import sys, time
from pathlib import Path
from imsite.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start().url, flush=True)
time.sleep(600)
"""


def address_of(postgres: EmbeddedPostgres) -> ServerAddress:
    address = load_address(postgres.address_file)
    assert address is not None
    return address


def write_row(postgres: EmbeddedPostgres, value: int) -> None:
    with psycopg.connect(address_of(postgres).url, autocommit=True) as connection:
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def read_rows(address: ServerAddress) -> list[int]:
    with psycopg.connect(address.url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def capabilities_of(postgres: EmbeddedPostgres) -> int:
    status = Path(f"/proc/{postgres.pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)


class TestStart:
    def test_it_serves_utf8_over_loopback_with_default_durability(self, postgres: EmbeddedPostgres) -> None:
        names = ["fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "server_encoding"]

        with psycopg.connect(address_of(postgres).url) as connection:
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in names]

        assert settings == [("on",), ("on",), ("on",), ("127.0.0.1",), ("UTF8",)]

    def test_a_wrong_password_is_refused(self, postgres: EmbeddedPostgres) -> None:
        address = address_of(postgres)

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address.url.replace(address.password, "guess"))

    def test_the_password_file_is_private(self, postgres: EmbeddedPostgres) -> None:
        assert stat.S_IMODE(postgres.address_file.stat().st_mode) == 0o600

    def test_the_log_holds_no_statement_and_no_value(self, postgres: EmbeddedPostgres) -> None:
        with psycopg.connect(address_of(postgres).url) as connection, pytest.raises(psycopg.Error):
            connection.execute("SELECT * FROM missing WHERE body = %s", ["a secret message"])
        postgres.stop()

        log = postgres.log_file.read_text(encoding="utf-8")
        assert "missing" in log
        assert "secret" not in log

    @needs_root
    def test_root_gives_up_its_rights_and_keeps_other_folders_as_they_are(self, postgres: EmbeddedPostgres) -> None:
        data_dir = postgres.pgdata.parent

        assert psutil.Process(postgres.pid).uids().real != 0
        assert (data_dir.stat().st_uid, data_dir.parent.stat().st_uid) == (0, 0)
        assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700

    @needs_root
    @needs_linux
    def test_below_a_private_folder_only_the_right_to_search_folders_is_kept(self, postgres: EmbeddedPostgres) -> None:
        assert capabilities_of(postgres) in {1 << capability for capability in launch.SEARCH_CAPABILITIES}

    @needs_root
    @needs_linux
    def test_below_public_folders_no_right_is_kept(self, data_dir: Path) -> None:
        programs = find_program("postgres").resolve()
        all_public = all(folder.stat().st_mode & stat.S_IXOTH for folder in programs.parents)
        data_dir.parent.chmod(0o755)
        server = EmbeddedPostgres(data_dir, durable=False)
        try:
            server.start()
            kept = capabilities_of(server)
            with psycopg.connect(address_of(server).url) as connection:
                fsync = connection.execute("SHOW fsync").fetchone()
        finally:
            server.stop()

        assert (kept == 0) is all_public, "a clone in a private home needs the right for PostgreSQL's programs alone"
        assert fsync == ("off",)

    def test_data_without_its_password_file_is_refused_by_name(self, postgres: EmbeddedPostgres) -> None:
        postgres.stop()
        kept = postgres.address_file.read_bytes()
        postgres.address_file.unlink()

        with pytest.raises(OperatorError, match=r"postgres\.json.*missing"):
            postgres.start()

        postgres.address_file.write_bytes(kept)

    def test_a_server_that_cannot_start_says_why(self, postgres: EmbeddedPostgres) -> None:
        postgres.stop()
        version = postgres.pgdata / "PG_VERSION"
        version.write_text("9.6\n", encoding="ascii")

        with pytest.raises(OperatorError, match=r"does not start: .*FATAL.*postgres\.log"):
            postgres.start()

        version.write_text("18\n", encoding="ascii")


class TestRestart:
    def test_data_survives_a_stop_that_leaves_no_process(self, postgres: EmbeddedPostgres) -> None:
        write_row(postgres, 1)

        postgres.stop()

        assert find_processes(postgres.pgdata) == []
        assert read_rows(postgres.start()) == [1]

    def test_data_survives_the_sudden_death_of_the_postmaster(self, postgres: EmbeddedPostgres) -> None:
        before = address_of(postgres)
        write_row(postgres, 1)
        assert postgres.pid is not None
        busy = psycopg.connect(before.url)
        busy.execute("SELECT 1")

        os.kill(postgres.pid, signal.SIGKILL)

        assert postgres.start() == before
        assert read_rows(before) == [1]
        busy.close()

    @needs_linux
    def test_a_backend_that_outlives_its_postmaster_does_not_block_the_restart(
        self, postgres: EmbeddedPostgres
    ) -> None:
        write_row(postgres, 1)
        assert postgres.pid is not None
        backend = psutil.Process(postgres.pid).children()[0]
        backend.suspend()

        os.kill(postgres.pid, signal.SIGKILL)

        assert read_rows(postgres.start()) == [1]
        assert backend not in find_processes(postgres.pgdata)

    def test_a_taken_port_is_left_to_its_taker(self, postgres: EmbeddedPostgres) -> None:
        before = address_of(postgres)
        write_row(postgres, 1)
        postgres.stop()

        with socket.create_server(("127.0.0.1", before.port)):
            after = postgres.start()

        assert after.port != before.port
        assert postgres.port == after.port
        assert read_rows(after) == [1]

    @pytest.mark.parametrize("content", ["{pid}\n", "999999\n", "", "nonsense\n"])
    def test_a_stale_pid_file_is_no_obstacle_even_when_its_pid_lives(
        self, postgres: EmbeddedPostgres, content: str
    ) -> None:
        write_row(postgres, 1)
        postgres.stop()
        pid_file = postgres.pgdata / "postmaster.pid"
        pid_file.write_text(content.format(pid=os.getppid()), encoding="ascii")

        assert read_rows(postgres.start()) == [1]


class TestSupervisorDeath:
    @needs_linux
    def test_the_server_ends_with_its_supervisor(self, postgres: EmbeddedPostgres) -> None:
        write_row(postgres, 1)
        postgres.stop()
        supervisor = start_supervisor(postgres)
        postmaster = find_processes(postgres.pgdata)

        supervisor.kill()
        supervisor.communicate()
        psutil.wait_procs(postmaster, timeout=60)

        assert postmaster
        assert find_processes(postgres.pgdata) == []
        assert read_rows(postgres.start()) == [1]

    def test_a_server_left_behind_is_ended_before_the_next_one_starts(self, postgres: EmbeddedPostgres) -> None:
        write_row(postgres, 1)
        postgres.stop()
        supervisor = start_supervisor(postgres)
        left_behind = find_processes(postgres.pgdata)

        address = postgres.start()

        assert left_behind
        assert not set(left_behind) & set(find_processes(postgres.pgdata))
        assert read_rows(address) == [1]
        supervisor.kill()
        supervisor.communicate()


def start_supervisor(postgres: EmbeddedPostgres) -> subprocess.Popen[str]:
    """Another process that starts the same server and then never looks after it."""
    command = [sys.executable, "-c", SUPERVISOR, str(postgres.pgdata.parent)]
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline().startswith("postgresql://")
    return supervisor
