"""What tests of the runtime run against: a node to mistreat, and ends of data links."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.live import until
from tests.cluster.runtime.bad_input import Victim
from tests.cluster.runtime.ends import Clock, End, Make


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    made = Victim(tmp_path)
    await until(lambda: made.node.serving_until_ms)
    yield made
    assert made.ends == []
    made.node.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    """Starts ends of data links, and stops them when the test is over."""
    ends: list[End] = []

    async def start(node: int, **options: Any) -> End:
        end = End(node, clock, **options)
        end.address = ("127.0.0.1", await end.links.start(*end.address))
        ends.append(end)
        return end

    yield start
    for end in ends:
        await end.links.stop()
