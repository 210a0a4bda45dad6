"""Real servers in folders that are thrown away. A folder of our own: pytest's are private to root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from imsite.embedded import EmbeddedPostgres
from imsite.embedded.address import load_address
from imsite.embedded.leftovers import find_processes


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """The name of a data folder below a folder that nobody but us may enter, as a clone in a private home is."""
    yield from private_folder()


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """One server of default durability for the whole file: creating it is what takes time."""
    for folder in private_folder():
        server = EmbeddedPostgres(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def postgres(server: EmbeddedPostgres) -> EmbeddedPostgres:
    """The file's server, running, with an empty table `kept`."""
    address = server.start() if not server.is_running() else load_address(server.address_file)
    assert address is not None
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (value int)")
    return server


def private_folder() -> Iterator[Path]:
    private = Path(tempfile.mkdtemp(prefix="imsite-embedded-"))
    private.chmod(0o700)
    yield private / "data"
    for process in find_processes(private / "data" / "postgres"):
        process.kill()
    shutil.rmtree(private, ignore_errors=True)


needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
needs_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
