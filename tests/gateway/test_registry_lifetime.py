"""The node's registry as time goes by: one clock for all connections, and the end."""

import asyncio
import logging

import pytest

from apps.gateway import registry as module
from apps.gateway.registry import Registry
from tests.gateway.peers import ALICE, CountingLayer, Peer


class TestClock:
    async def test_one_clock_ticks_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        registry = Registry("n5", None)
        broken, sound = Peer(registry), Peer(registry)
        broken.tick = lambda time_ms: 1 // 0  # type: ignore[method-assign,assignment]
        ticked = asyncio.Event()
        sound.tick = lambda time_ms: ticked.set()  # type: ignore[method-assign]

        await registry.start()
        await asyncio.wait_for(ticked.wait(), 2)

        await registry.stop(within_s=1)
        assert len(registry) == 0

    async def test_who_is_not_due_is_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        monkeypatch.setattr(module, "now_ms", lambda: 1_000_000)
        registry = Registry("n11", None)
        idle, hastened, soon = Peer(registry), Peer(registry), Peer(registry)
        idle.next_due_ms = 1_000_000 + 10**9
        registry.remove(idle)
        registry.add(idle)
        registry.hasten(idle)
        registry.remove(hastened)
        hastened.next_due_ms = 1_000_000 + 10**9
        registry.add(hastened)
        hastened.next_due_ms = 1_000_000
        registry.hasten(hastened)

        due = [registry._wheel.advance() for _ in range(100)]

        assert due[0] == {hastened, soon}
        assert not any(due[1:])
        assert idle in set(registry._wheel)

    async def test_who_leaves_while_it_ticks_is_not_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TICK_S", 0)
        registry = Registry("n12", None)
        leaving, staying = Peer(registry), Peer(registry)
        ticked = asyncio.Event()

        def leave(time_ms: int) -> None:
            registry.remove(leaving)
            registry.remove(leaving)
            ticked.set()

        leaving.tick = leave  # type: ignore[method-assign]
        await registry.start()
        await asyncio.wait_for(ticked.wait(), 2)

        remaining = len(registry), set(registry._wheel)

        assert remaining == (1, {staying})
        await registry.stop(within_s=1)


class TestStopping:
    async def test_every_session_is_told(self, layer: CountingLayer) -> None:
        registry = Registry("n6", layer)
        await registry.start()
        peers = [Peer(registry), Peer(registry)]
        await registry.join(peers[0], ALICE)

        await registry.stop(within_s=1)

        assert [peer.said for peer in peers] == [["restart"], ["restart"]]
        assert layer.changes == ["add", "discard"]
        layer.subscribe(registry.channel, registry.deliver)  # nobody has that channel any more

    async def test_who_does_not_go_is_cut_off(self, caplog: pytest.LogCaptureFixture) -> None:
        registry = Registry("n7", None)
        await registry.start()
        peer = Peer(registry, stubborn=True)

        await registry.stop(within_s=0.01)

        assert peer.said == ["restart", "abandon"]
        assert "1 sessions did not close in time" in caplog.text

    async def test_who_comes_while_it_stops_is_sent_away(self) -> None:
        registry = Registry("n10", None)
        await registry.stop(within_s=1)

        late = Peer(registry)

        assert late.said == ["restart"]

    async def test_work_begun_is_finished(self) -> None:
        registry = Registry("n8", None)
        done = []

        async def work() -> None:
            await asyncio.sleep(0)
            done.append("work")

        registry.spawn(work())
        await registry.stop(within_s=1)

        assert done == ["work"]

    async def test_work_that_does_not_end_is_cancelled(self) -> None:
        registry = Registry("n9", None)
        ended = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

        registry.spawn(work())
        await registry.stop(within_s=0.01)

        assert ended == ["cancelled"]

    async def test_work_that_fails_is_logged(self, registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
        async def work() -> None:
            raise RuntimeError("a defect")

        with caplog.at_level(logging.ERROR):
            registry.spawn(work())
            await asyncio.sleep(0.0)
            await asyncio.sleep(0.0)

        assert "a defect" in caplog.text
