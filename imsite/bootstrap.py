"""Bring `manage.py` from a bare Python to one that has the pinned packages, before anything else is imported.

Standard library only. The part before the version check also runs on older Pythons, to say so in one line. The
packages go into a virtual environment of our own; nothing outside of it is touched. Once it is there and its stamp
matches the requirements files, this costs a file read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from imsite.phrases import phrase

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWEST_TRIED = (3, 13)
# Commands that promise to install what they need. The others do so only where Django is missing.
INSTALLING_COMMANDS = {"up": "base", "test": "dev", "lint": "dev", "bench": "base"}
STAMP_NAME = "imsite-requirements.json"
LOCK_TIMEOUT_S = 900.0


def enter_environment(arguments: list[str]) -> None:
    """Return when this process can import the packages that `arguments` need; otherwise turn into one that can.

    Ends the process with one line on standard error when that is impossible.
    """
    _require_python(arguments)
    folder = _environment_folder()
    if folder is None:
        return
    kind = INSTALLING_COMMANDS.get(arguments[1] if len(arguments) > 1 else "")
    inside = Path(sys.prefix).resolve() == folder.resolve()
    if kind is None and (inside or importlib.util.find_spec("django") is not None):
        return
    kind = kind or "base"
    if inside and is_fresh(folder, kind):
        return
    prepare_environment(folder, kind)
    _become([str(python_of(folder)), *arguments])


def prepare_environment(folder: Path, kind: str) -> None:
    """Create the virtual environment in `folder` where needed and install the pinned `kind` ("base" or "dev")."""
    if is_fresh(folder, kind):
        return
    from imsite.filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "imsite-bootstrap.lock")
    if not lock.acquire(LOCK_TIMEOUT_S):
        _fail(
            phrase(
                "process {pid} is installing packages into {folder} for too long: end it and try again",
                pid=lock.holder(),
                folder=folder,
            )
        )
    try:
        if is_fresh(folder, kind):
            return
        if not _works(python_of(folder)):
            _create(folder, keep=lock.path)
        _install(folder, kind)
        _write_stamp(folder, kind)
    finally:
        lock.release()


def is_fresh(folder: Path, kind: str) -> bool:
    """Whether the environment has what the requirements files now say, by its stamp."""
    return python_of(folder).exists() and _read_stamp(folder).get(kind) == requirements_hash(kind)


def requirements_hash(kind: str) -> str:
    """What the pinned files say, as a hash: a change of any of them makes the environment stale."""
    names = ["base.txt"] if kind == "base" else ["base.txt", "dev.txt"]
    texts = [(ROOT / "requirements" / name).read_bytes() for name in names]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def _require_python(arguments: list[str]) -> None:
    if sys.version_info[:2] >= OLDEST:
        return
    found = _find_python()
    if found is None:
        _fail(phrase("Python {version} is too old: {advice}", version=_python_version(), advice=_python_advice()))
    _become([found, *arguments])


def _python_version() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def _python_advice() -> str:
    return phrase(
        "install Python 3.11, 3.12 or 3.13 (Debian: apt install python3 python3-venv; "
        "Windows and macOS: https://www.python.org/downloads/)"
    )


def _find_python() -> str | None:
    versions = range(NEWEST_TRIED[1], OLDEST[1] - 1, -1)
    return next((path for minor in versions if (path := shutil.which(f"python3.{minor}"))), None)


def _environment_folder() -> Path | None:
    """`.venv`, or the folder named by IM_VENV; None for IM_VENV=none, where the running Python has everything."""
    from imsite.env import read_environment

    return read_environment().virtual_environment


def _works(python: Path) -> bool:
    """Tell whether packages can be put into an environment. One without pip, as other tools make them, gets it."""
    if not python.exists():
        return False
    attempts = (["pip", "--version"], ["ensurepip"])
    return any(
        not subprocess.run([python, "-m", *words], capture_output=True, check=False).returncode for words in attempts
    )


def _create(folder: Path, keep: Path) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        _fail(
            phrase(
                "this Python lacks the module {module}: apt install python{version}-venv (Debian, Ubuntu), or {advice}",
                module=missing[0],
                version=_python_version(),
                advice=_python_advice(),
            )
        )
    for leftover in folder.iterdir():
        if leftover != keep:
            shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()
    _say(phrase("making the virtual environment {folder}", folder=folder))
    _run([sys.executable, "-m", "venv", str(folder)], phrase("{folder} could not be made", folder=folder))


def _install(folder: Path, kind: str) -> None:
    _say(phrase("installing packages, once; this can take a minute"))
    pip = [str(python_of(folder)), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    failure = phrase("packages could not be installed; check the network, or pip's settings for a nearby index")
    if sys.version_info[:2] > NEWEST_TRIED:
        failure = phrase(
            "packages could not be installed; check the network, or pip's settings for a nearby index; "
            "or use an older Python: {advice}",
            advice=_python_advice(),
        )
    _run([*pip, "-r", str(ROOT / "requirements" / f"{kind}.txt")], failure)


def _run(command: list[str], failure: str) -> None:
    try:
        finished = subprocess.run(command, check=False, capture_output=True, text=True)
    except KeyboardInterrupt:
        _fail(phrase("interrupted; the next start begins where this one ended"))
    if finished.returncode != 0:
        lines = [line for line in (finished.stderr + finished.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        reason = (errors or lines or [phrase("no output")])[-1].strip()
        _fail(phrase("{failure} ({reason})", failure=failure, reason=reason))


def _read_stamp(folder: Path) -> dict[str, str]:
    try:
        stamp = json.loads((folder / STAMP_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(folder: Path, kind: str) -> None:
    kinds = ["base", "dev"] if kind == "dev" else ["base"]
    stamp = _read_stamp(folder) | {each: requirements_hash(each) for each in kinds}
    (folder / STAMP_NAME).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")


def _become(command: list[str]) -> NoReturn:
    """Replace this process; where the system cannot, wait for the other and end with its exit code."""
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)  # noqa: S606 - no shell is the point
    else:
        child = subprocess.Popen(command)
        while True:
            try:
                sys.exit(child.wait())
            except KeyboardInterrupt:
                continue


def _say(line: str) -> None:
    print(f"imsite: {line}", flush=True)


def _fail(line: str) -> NoReturn:
    sys.exit(f"imsite: {line}")
