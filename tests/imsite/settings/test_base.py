"""What every process loads before it does anything."""

import subprocess
import sys

from imsite.env import ROOT

LARGE = ("autobahn", "daphne", "openpyxl", "twisted")
"""Each takes a good part of a second to load, and few processes ever use it."""


def test_what_few_processes_use_is_not_loaded_by_all() -> None:
    program = f"import django, sys; django.setup(); print([name for name in {LARGE} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
