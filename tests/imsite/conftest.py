"""Tests read the command line's English, whatever the language of the terminal that runs them."""

import os

for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"
