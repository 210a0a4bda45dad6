"""The launcher gives up rights before it turns into the program, keeps what it must, and dies with its parent."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from imsite.embedded import launch
from tests.imsite.embedded.conftest import needs_linux, needs_root

NOBODY = 65534
SHOW_STATUS = ["/bin/cat", "/proc/self/status"]

pytestmark = needs_linux


def run_launcher(*options: str, program: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", launch.__file__, f"--parent={os.getpid()}", *options, "--", *program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def status_fields(text: str) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@pytest.fixture
def private_folder() -> Iterator[str]:
    """A folder inside one that only root may enter."""
    with tempfile.TemporaryDirectory(prefix="imsite-private-") as outer:
        inner = Path(outer) / "inner"
        inner.mkdir(mode=0o755)
        yield str(inner)


def test_an_ordinary_user_just_becomes_the_program() -> None:
    finished = run_launcher("--needs=/", program=["/bin/echo", "hello"])

    assert (finished.returncode, finished.stdout) == (0, "hello\n")


@needs_root
def test_root_becomes_the_account_with_no_group_and_no_right_left() -> None:
    finished = run_launcher(f"--uid={NOBODY}", f"--gid={NOBODY}", "--needs=/", program=SHOW_STATUS)

    fields = status_fields(finished.stdout)
    assert fields["Uid"].split() == [str(NOBODY)] * 4
    assert fields["Gid"].split() == [str(NOBODY)] * 4
    assert fields["Groups"].strip() == ""
    assert {fields[name] for name in ("CapPrm", "CapEff", "CapAmb")} == {"0" * 16}


@needs_root
def test_below_a_private_folder_one_right_is_kept(private_folder: str) -> None:
    finished = run_launcher(f"--uid={NOBODY}", f"--gid={NOBODY}", f"--needs={private_folder}", program=SHOW_STATUS)

    effective = int(status_fields(finished.stdout)["CapEff"], 16)
    assert effective.bit_count() == 1
    assert effective in {1 << launch.CAP_DAC_READ_SEARCH, 1 << launch.CAP_DAC_OVERRIDE}


@needs_root
def test_the_kept_right_reaches_the_folder(private_folder: str) -> None:
    finished = run_launcher(
        f"--uid={NOBODY}", f"--gid={NOBODY}", f"--needs={private_folder}", program=["/bin/ls", "-d", private_folder]
    )

    assert finished.stdout.strip() == private_folder


@needs_root
def test_the_kept_right_counts_for_programs_that_ask_before_they_go(private_folder: str) -> None:
    ask = [sys.executable, "-I", "-S", "-c", "import os, sys; print(os.access(sys.argv[1], os.X_OK))", private_folder]

    finished = run_launcher(f"--uid={NOBODY}", f"--gid={NOBODY}", f"--needs={private_folder}", program=ask)

    assert finished.stdout.strip() == "True"


@needs_root
def test_without_the_right_the_folder_is_named(private_folder: str) -> None:
    without_rights = [
        *["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"],
        *["--bounding-set=-dac_override,-dac_read_search"],
    ]
    python = next((path for path in (sys.executable, "/usr/bin/python3") if reachable_for_nobody(path)), None)
    if python is None or not os.access("/usr/bin/setpriv", os.X_OK):
        pytest.skip("needs setpriv and a Python that every user may run")
    command = [*without_rights, python, "-I", "-S", "-c", READ_LAUNCHER, private_folder]

    finished = subprocess.run(
        command, input=Path(launch.__file__).read_text(encoding="utf-8"), capture_output=True, text=True, check=False
    )

    assert finished.returncode == launch.EXIT_UNREACHABLE
    assert finished.stderr.strip() == private_folder


READ_LAUNCHER = """
import os, sys
source = sys.stdin.read()
sys.argv = ["launch.py", f"--parent={os.getppid()}", "--needs=" + sys.argv[1], "--", "/bin/true"]
exec(compile(source, "launch.py", "exec"))
"""


def reachable_for_nobody(program: str) -> bool:
    path = Path(program).resolve()
    return path.exists() and all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def test_the_program_does_not_start_without_its_parent() -> None:
    finished = run_launcher("--parent=1", "--needs=/", program=["/bin/echo", "stray"])

    assert (finished.returncode, finished.stdout) == (0, "")


def test_the_program_dies_with_its_parent() -> None:
    launcher = [sys.executable, "-I", "-S", launch.__file__, "--needs=/"]
    parent_code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([*{launcher!r}, f'--parent={{os.getpid()}}', '--', '/bin/sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        while child.name() != "sleep":  # until the launcher has turned into the program
            os.sched_yield()

        parent.kill()

    gone, alive = psutil.wait_procs([child], timeout=60)
    assert (gone, alive) == ([child], [])
