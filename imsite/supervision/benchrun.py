"""`manage.py bench [names] [options]`: the programs under `benchmarks/`, on a PostgreSQL of default durability.

The server is a throwaway one, or DATABASE_URL. Each program prints its own figures and is given all options, such as
`--json`.
"""

import sys

from imsite.env import ROOT
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.supervision.throwaway import run_program, throwaway_database

SETTINGS = "imsite.settings.prod"


def run_benchmarks(arguments: list[str]) -> int:
    """Run the named benchmarks, or all, with the options behind the names; return the first exit code that is not 0."""
    first_option = next((place for place, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, options = arguments[:first_option], arguments[first_option:]
    chosen = names or available_benchmarks()
    unknown = sorted(set(chosen) - set(available_benchmarks()))
    if unknown:
        choice = ", ".join(available_benchmarks())
        raise OperatorError(phrase("no benchmark is named {name}: choose from {names}", name=unknown[0], names=choice))
    with throwaway_database(SETTINGS, durable=True) as surroundings:
        # Figures are those of one process, except where a benchmark says how many it starts.
        environment = {"IM_NODE_PROCESSES": "1", **surroundings}
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
        commands = [migrate, *([sys.executable, "-m", f"benchmarks.{name}", *options] for name in chosen)]
        return next((code for command in commands if (code := run_program(command, environment)) != 0), 0)


def available_benchmarks() -> list[str]:
    """The names of the programs under `benchmarks/`."""
    return sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
