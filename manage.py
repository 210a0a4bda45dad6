#!/usr/bin/env python3
"""imsite's command line: `up`, `test`, `lint` and `bench` are ours, all others are Django's.

Works with a bare Python: `imsite.bootstrap` makes the virtual environment first.
"""

import os
import sys

from imsite.bootstrap import enter_environment

enter_environment(sys.argv)

# From here on the installed packages can be imported.
from imsite.env import SettingError  # noqa: E402
from imsite.errors import OperatorError  # noqa: E402


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    command = arguments[1] if len(arguments) > 1 else "help"
    development = command == "runserver"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"imsite.settings.{'dev' if development else 'prod'}")
    if command == "up":
        from imsite.supervision.up import run_up

        return run_up(arguments[2:])
    if command == "test":
        from imsite.supervision.testrun import run_tests

        return run_tests(arguments[2:])
    if command == "bench":
        from imsite.supervision.benchrun import run_benchmarks

        return run_benchmarks(arguments[2:])
    if command == "lint":
        from imsite.supervision.lint import run_lint

        return run_lint()
    from django.core.management import execute_from_command_line

    execute_from_command_line(arguments)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except (OperatorError, SettingError) as error:
        sys.exit(f"imsite: {error}")
