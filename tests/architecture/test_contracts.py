"""The import contracts hold, and they cover every app there is."""

from pathlib import Path

from importlinter.cli import lint_imports

from imsite.env import ROOT
from tests.architecture.tree import app_rows


def test_every_import_contract_is_kept() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_every_app_has_its_row() -> None:
    apps = {path.parent.name for path in Path(ROOT / "apps").glob("*/__init__.py")}

    assert apps <= set(app_rows())
