"""What the architecture tests read: the source files, their syntax trees and the order of the apps."""

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from imsite.env import ROOT

SOURCE_ROOTS = ("apps", "imsite")


def source_files() -> list[Path]:
    """Every Python module of the product, without migrations; paths relative to the repository."""
    found = (path.relative_to(ROOT) for root in SOURCE_ROOTS for path in (ROOT / root).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@functools.cache
def app_rows() -> dict[str, int]:
    """App name to row, the lowest row 0, from the import-linter contract, which is the one place that orders apps."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "app-order")
    return {name: row for row, layer in enumerate(reversed(layers)) for name in re.findall(r"\w+", layer)}
