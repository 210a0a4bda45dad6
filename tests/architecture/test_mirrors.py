"""Every module has one mirror test that covers it alone."""

from pathlib import Path

import pytest

from imsite.env import ROOT
from tests.architecture.tree import parsed, source_files

DECLARATIVE = {"apps.py", "__init__.py"}


def mirror_of(path: Path) -> Path:
    """`apps/foo/bar.py` -> `tests/foo/test_bar.py`; `imsite/x.py` -> `tests/imsite/test_x.py`."""
    parts = path.parts[1:] if path.parts[0] == "apps" else path.parts
    return Path("tests", *parts[:-1], f"test_{parts[-1]}")


def needs_mirror(path: Path) -> bool:
    return path.name not in DECLARATIVE and bool(parsed(path).body) and path.parts[:2] != ("imsite", "settings")


@pytest.mark.parametrize("path", [path for path in source_files() if needs_mirror(path)], ids=str)
def test_the_module_has_its_mirror_test(path: Path) -> None:
    mirror = mirror_of(path)

    assert (ROOT / mirror).is_file(), f"{path} has no {mirror}"


def test_no_package_init_holds_code() -> None:
    import ast

    allowed = ast.Import | ast.ImportFrom | ast.Expr | ast.Assign

    busy = [
        str(path)
        for path in source_files()
        if path.name == "__init__.py" and any(not isinstance(node, allowed) for node in parsed(path).body)
    ]

    assert busy == []
