"""A database for one run of the tests or the benchmarks, and the running of programs on it."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from imsite.embedded import EmbeddedPostgres
from imsite.env import ROOT, read_environment


@contextlib.contextmanager
def throwaway_database(settings: str, *, durable: bool) -> Iterator[dict[str, str]]:
    """The environment of a program that uses `settings`, with DATABASE_URL: the caller's, or a server of our own.

    The server is gone afterwards, also after SIGTERM. Without `durable` it skips fsync.
    """
    signal.signal(signal.SIGTERM, _terminate)
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE=settings)
    if read_environment().database_url:
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="imsite-run-", ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder), durable=durable)
        try:
            yield environment | {"DATABASE_URL": postgres.start().url}
        finally:
            postgres.stop()


def run_program(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run to the end and return the exit code. An interrupted program is waited for: it finishes what it has to."""
    with subprocess.Popen(command, cwd=ROOT, env=environment) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue  # the terminal sent Ctrl-C to the program, too
            except SystemExit:
                program.send_signal(signal.SIGINT)
                program.wait()
                raise


def _terminate(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
