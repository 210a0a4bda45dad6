"""A run has a database of its own that is gone afterwards, or the caller's."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from imsite.embedded.leftovers import find_processes
from imsite.env import ROOT
from imsite.supervision.throwaway import run_program, throwaway_database

RUN = """
import sys
from imsite.supervision.throwaway import run_program, throwaway_database
with throwaway_database("imsite.settings.test", durable=False) as environment:
    sys.exit(run_program([sys.executable, "-c", sys.argv[1]], environment))
"""
REPORT_AND_WAIT = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def kept_handler() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.processes
def test_without_a_database_url_a_server_runs_for_as_long_as_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with throwaway_database("imsite.settings.test", durable=True) as environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        [folder] = tmp_path.iterdir()

    assert environment["DJANGO_SETTINGS_MODULE"] == "imsite.settings.test"
    assert find_processes(folder / "postgres") == []
    assert list(tmp_path.iterdir()) == []


def test_with_a_database_url_that_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")

    with throwaway_database("imsite.settings.test", durable=False) as environment:
        assert environment["DATABASE_URL"] == "postgresql://somewhere/else"


@pytest.mark.processes
def test_a_terminated_run_ends_its_program_and_leaves_no_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", RUN, REPORT_AND_WAIT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("postgresql://")
        children = psutil.Process(run.pid).children(recursive=True)

        run.terminate()

        assert run.wait(30) == 128 + signal.SIGTERM
    assert children
    assert not [child for child in children if child.is_running()]
    assert list(tmp_path.iterdir()) == []


def test_the_programs_exit_code_comes_back() -> None:
    assert run_program([sys.executable, "-c", "import sys; sys.exit(5)"], {}) == 5
