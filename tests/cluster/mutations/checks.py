"""The checks that have to find planted bugs: one test, one scenario, or some seeds of the simulation.

A check finds a bug by an assertion that fails. Any other exception means that the bug, not the program, is wrong.
"""

import importlib
import inspect
from collections.abc import Callable

import pytest

FOUND = (AssertionError, pytest.fail.Exception)
"""What a failing test raises; a violation of the simulation is an assertion error, too."""


def run_test(where: str) -> None:
    """`package.module:function`, a test without fixtures; `function[values]` calls it with those, as repr."""
    module_name, _, name = where.partition(":")
    name, _, values = name.partition("[")
    test = getattr(importlib.import_module(module_name), name)
    if inspect.iscoroutinefunction(test):
        raise TypeError(f"{where} is a coroutine")
    arguments = importlib.import_module("ast").literal_eval(f"({values[:-1]},)") if values else ()
    test(*arguments)


def run_seeds(text: str) -> None:
    """`first-last` of the whole-node simulation."""
    from tests.cluster.simulation.world import simulate

    first, _, last = text.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        simulate(seed)


KINDS: dict[str, Callable[[str], None]] = {"test": run_test, "seeds": run_seeds}


def finds(check: str) -> str:
    """Run a check; return the first line of what it found, or an empty string."""
    kind, _, argument = check.partition(" ")
    try:
        KINDS[kind](argument)
    except FOUND as found:
        return (str(found) or type(found).__name__).strip().splitlines()[0]
    return ""
