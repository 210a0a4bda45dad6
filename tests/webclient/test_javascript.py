"""The SDK and what the interface works out without a page, tested in their own language by Node's test runner."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
FOLDER = Path(__file__).parent / "js"


@pytest.mark.skipif(NODE is None, reason="node is not installed: the JavaScript tests need it")
def test_the_javascript_tests_pass() -> None:
    assert NODE is not None
    files = sorted(str(path) for path in FOLDER.glob("*.test.js"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}

    run = subprocess.run(
        [NODE, "--test", *files], capture_output=True, text=True, timeout=120, env=environment, check=False
    )

    assert files
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
