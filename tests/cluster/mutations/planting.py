"""Plant a bug: change the source of one module on its way into the interpreter. The files stay as they are."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType


class Uprooted(Exception):
    """The text to be changed is not there exactly once: the code has moved on, and the bug has to be planted anew."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug. `module` is what it is planted in; `check` is the cheapest one that finds it."""

    name: str
    module: str
    old: str
    new: str
    check: str
    why: str
    raises: str = "AssertionError"
    """What the check raises where it is not an assertion: the name of an error of the program's own."""


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles the changed source, and nothing of it into a cache."""

    def __init__(self, bug: Bug, path: str) -> None:
        super().__init__(bug.module, path)
        self._bug = bug

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        source = self.get_data(self.path).decode()
        return compile(planted(self._bug, source), self.path, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module before anybody else does."""

    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._bug.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise Uprooted(f"{self._bug.name}: there is no module {fullname}")
        spec.loader = Loader(self._bug, spec.origin)
        return spec


def planted(bug: Bug, source: str) -> str:
    """Return the source with the bug in it. Raises Uprooted."""
    if source.count(bug.old) != 1:
        raise Uprooted(f"{bug.name}: {bug.module} holds the text to change {source.count(bug.old)} times, not once")
    return source.replace(bug.old, bug.new)


def plant(bug: Bug) -> None:
    """Change the module for everybody in this process who imports it from now on."""
    if bug.module in sys.modules:
        raise Uprooted(f"{bug.name}: {bug.module} was imported before the bug was planted")
    sys.meta_path.insert(0, Finder(bug))
