"""What runs can be looked into, and what does not run is not there."""

from types import SimpleNamespace
from typing import Any

import pytest

from apps.messaging.errors import Unavailable
from apps.metrics import Registry
from imsite.operating import observed as module
from imsite.operating.observed import observe

STATS = {"pool_size": 4, "pool_available": 1, "requests_waiting": 7}


class Pool:
    def get_stats(self) -> dict[str, int]:
        return STATS


def seen(monkeypatch: pytest.MonkeyPatch, *, runtime: Any, django_pool: Any) -> dict[str, Any]:
    def get() -> Any:
        if runtime is None:
            raise Unavailable
        return runtime

    monkeypatch.setattr(module, "runtime", SimpleNamespace(get=get))
    monkeypatch.setattr(module, "connections", {"default": SimpleNamespace(pool=django_pool)})
    registry = Registry()
    observe(registry)
    return {family.name: family.samples for family in registry.snapshot() if family.name.startswith("im_")}


def test_queues_and_pools_of_a_running_node_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SimpleNamespace(waiting=3, untold=2)
    running = SimpleNamespace(store=store, cursors=SimpleNamespace(pending=5), pool=Pool())

    found = seen(monkeypatch, runtime=running, django_pool=Pool())

    assert found["im_store_queued_messages"] == {(): 3}
    assert found["im_fanout_queued_batches"] == {(): 2}
    assert found["im_cursors_pending"] == {(): 5}
    assert found["im_database_connections"] == {("django",): 4, ("sessions",): 4}
    assert found["im_database_connections_in_use"] == {("django",): 3, ("sessions",): 3}
    assert found["im_database_waiting"] == {("django",): 7, ("sessions",): 7}


def test_a_process_without_them_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, runtime=None, django_pool=None)

    assert {name: samples for name, samples in found.items() if name != "im_metrics_failed_reads_total"} == {}
    assert found["im_metrics_failed_reads_total"] == {(): 0}
