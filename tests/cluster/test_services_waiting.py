"""Callers that wait for a node: they may stop waiting, and the node may be stuck."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from apps.cluster import services
from apps.cluster.runtime.errors import ClusterUnavailable
from tests.cluster.live import Fatal, running


@pytest.mark.parametrize("question", ["status", "read", "drain"])
async def test_a_caller_that_waits_no_longer_does_the_node_no_harm(tmp_path: Path, question: str) -> None:
    ends: Fatal = []
    async with running(tmp_path, 1, ends) as (node,):
        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "status": node.status,
            "read": node.read,
            "drain": lambda: node.drain("n0"),
        }
        for _ in range(5):
            waiting = asyncio.ensure_future(ways[question]())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        status = await node.status()

    assert waiting.cancelled()
    assert (status["leader"], ends) == ("n0", [])


async def test_a_node_that_is_stuck_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "DO_WITHIN_S", 0.05)
    async with running(tmp_path, 1) as (node,):
        free = threading.Event()

        def block() -> None:
            free.wait(10.0)

        node._drive.post(block)
        try:
            with pytest.raises(ClusterUnavailable) as refused:
                await node.status()
        finally:
            free.set()

    assert refused.value.fields == {"reason": "timeout"}
