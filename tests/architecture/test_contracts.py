"""The import contracts hold, and they cover every app there is."""

import subprocess
import sys

from imsite.env import ROOT
from tests.architecture.tree import app_rows

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"


def test_every_import_contract_is_kept() -> None:
    finished = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-1000:]


def test_every_app_has_its_row() -> None:
    apps = {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")}

    assert apps <= set(app_rows())
