"""Two linked nodes for the tests of the layer's parts."""

from collections.abc import AsyncIterator

import pytest

from tests.cluster.layer.fixed import FixedCluster


@pytest.fixture
async def pair() -> AsyncIterator[FixedCluster]:
    """Two nodes; two messages fit into each channel."""
    fixed = FixedCluster(2, capacity=2)
    await fixed.start()
    yield fixed
    await fixed.stop()
