"""`manage.py bench [names]`: the programs under `benchmarks/`, on a PostgreSQL of default durability.

The server is a throwaway one, or DATABASE_URL. Each program prints its own figures.
"""

import sys

from imsite.env import ROOT
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.supervision.throwaway import run_program, throwaway_database

SETTINGS = "imsite.settings.prod"


def run_benchmarks(names: list[str]) -> int:
    """Run the named benchmarks, or all; return the first exit code that is not 0."""
    chosen = names or available_benchmarks()
    unknown = sorted(set(chosen) - set(available_benchmarks()))
    if unknown:
        choice = ", ".join(available_benchmarks())
        raise OperatorError(phrase("no benchmark is named {name}: choose from {names}", name=unknown[0], names=choice))
    with throwaway_database(SETTINGS, durable=True) as environment:
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
        commands = [migrate, *([sys.executable, "-m", f"benchmarks.{name}"] for name in chosen)]
        return next((code for command in commands if (code := run_program(command, environment)) != 0), 0)


def available_benchmarks() -> list[str]:
    """The names of the programs under `benchmarks/`."""
    return sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
