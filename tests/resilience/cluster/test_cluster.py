"""No acknowledged message is lost or doubled, and everybody converges, whatever happens to the nodes of a cluster."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from imsite.env import ROOT
from tests.resilience.cluster.scenarios import FIVE, THREE

READY_TIMEOUT_S = 120

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


class Driver:
    """The process in its own namespaces that runs the scenarios."""

    def __init__(self, hosts: int, founders: int) -> None:
        command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.resilience.cluster.driver"]
        self._process = subprocess.Popen(
            [*command, str(hosts), str(founders)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        return json.loads(line)

    def run(self, scenario: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(scenario + "\n")
        self._process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip")
    if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make network namespaces here")


@pytest.fixture(scope="module")
def three() -> Iterator[Driver]:
    yield from started(hosts=4, founders=3)


@pytest.fixture(scope="module")
def five() -> Iterator[Driver]:
    yield from started(hosts=5, founders=5)


def started(*, hosts: int, founders: int) -> Iterator[Driver]:
    driver = Driver(hosts, founders)
    try:
        ready = driver.answer()
        assert ready == {"ready": True}, ready.get("error")
        yield driver
    finally:
        driver.close()


@pytest.mark.parametrize("scenario", THREE)
def test_three_nodes_keep_every_promise(three: Driver, scenario: str) -> None:
    outcome = three.run(scenario)

    assert outcome["ok"], f"{outcome['error']}\n{json.dumps(outcome.get('logs', {}), indent=1)}"


@pytest.mark.parametrize("scenario", FIVE)
def test_five_nodes_keep_every_promise(five: Driver, scenario: str) -> None:
    outcome = five.run(scenario)

    assert outcome["ok"], f"{outcome['error']}\n{json.dumps(outcome.get('logs', {}), indent=1)}"
