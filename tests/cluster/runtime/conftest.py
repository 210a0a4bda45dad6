"""A running node for the tests that mistreat one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cluster.live import until
from tests.cluster.runtime.bad_input import Victim


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    made = Victim(tmp_path)
    await until(lambda: made.node.serving_until_ms)
    yield made
    assert made.ends == []
    made.node.stop()
