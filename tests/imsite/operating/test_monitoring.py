"""A node measures itself from its start to its end, and pushes where it is told to."""

import asyncio
import gc
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from apps.cluster.runtime.errors import ClusterUnavailable
from apps.metrics import HISTORY, REGISTRY, Family
from imsite.env import ROOT
from imsite.errors import OperatorError
from imsite.operating import monitoring
from imsite.operating.figures import TRACKS
from tests.metrics.adapters.test_otlp import Collector, collector
from tests.metrics.adapters.test_statsd import server

__all__ = ["collector", "server"]

OFF: dict[str, Any] = {"on": False, "otlp": "", "statsd": None, "push_s": 0.01}


@pytest.fixture(autouse=True)
def fresh_history() -> Iterator[None]:
    yield
    HISTORY.follow(())


async def started(settings: Settings, **options: Any) -> None:
    settings.IM_METRICS = {**OFF, **options}
    monitoring.start()


async def test_it_records_what_the_live_page_shows(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "RECORD_EVERY_S", 0.001)
    recorded = threading.Event()
    record = HISTORY.record

    def record_and_say(families: list[Family], now_ms: int) -> None:
        record(families, now_ms)
        recorded.set()

    monkeypatch.setattr(HISTORY, "record", record_and_say)

    await started(settings, on=True)
    assert await asyncio.to_thread(recorded.wait, 10)
    await monitoring.stop()

    said = HISTORY.since(0)
    assert said["keys"] == [track.key for track in TRACKS]
    memory = said["points"][0][1 + said["keys"].index("memory")]
    assert memory > 10


async def test_it_begins_once_and_leaves_nothing_behind(settings: Settings) -> None:
    threads, callbacks = threading.active_count(), len(gc.callbacks)

    await started(settings, on=True)
    monitoring.start()
    while_running = len(gc.callbacks)
    await monitoring.stop()
    await monitoring.stop()

    assert while_running == callbacks + 1
    assert len(gc.callbacks) == callbacks
    assert not [thread for thread in threading.enumerate() if thread.name == "metrics history"]
    assert threading.active_count() <= threads + 1  # the loop's own helper thread


async def test_switched_off_it_measures_nothing(settings: Settings) -> None:
    callbacks = len(gc.callbacks)

    await started(settings)

    assert len(gc.callbacks) == callbacks
    await monitoring.stop()
    assert HISTORY.since(0)["keys"] == []


async def test_it_pushes_to_a_collector(settings: Settings, collector: Collector) -> None:
    pushed = threading.Event()
    collector.on_taken = pushed.set

    await started(settings, otlp=collector.url)
    assert await asyncio.to_thread(pushed.wait, 10)
    await monitoring.stop()

    resource = collector.taken[0].resource_metrics[0]
    assert {each.key: each.value.string_value for each in resource.resource.attributes} == {
        "service.name": "imsite",
        "service.instance.id": settings.IM_CLUSTER["name"],
    }
    names = {metric.name for metric in resource.scope_metrics[0].metrics}
    assert {"imsite_cluster_node", "im_process_resident_bytes"} <= names


async def test_it_pushes_to_a_statsd_server(settings: Settings, server: Any) -> None:
    await started(settings, statsd=server.getsockname())
    heard = (await asyncio.to_thread(server.recv, 65_536)).decode()
    await monitoring.stop()

    assert f"|#node:{settings.IM_CLUSTER['name']}" in heard


@pytest.mark.parametrize(
    ("options", "package"),
    [({"otlp": "http://127.0.0.1:1/v1/metrics"}, "opentelemetry"), ({"statsd": ("127.0.0.1", 1)}, "datadog")],
)
async def test_a_missing_package_is_one_clear_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], package: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find(name))

    with pytest.raises(OperatorError, match="requirements/monitoring"):
        await started(settings, **options)


def test_everything_includes_a_node_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Troubled:
        async def status(self) -> None:
            raise ClusterUnavailable(reason="stopped")

    monkeypatch.setattr(monitoring, "current", Troubled)
    REGISTRY.gauge("im_test_everything", "A gauge.").set(1)

    found = {family.name: family.samples for family in monitoring.everything()}

    assert found["imsite_cluster_answers"] == {(): 0}
    assert found["im_test_everything"] == {(): 1}


def in_a_fresh_process(program: str, **environment: str) -> str:
    """What a process prints that sets Django up and does nothing else."""
    text = f"import sys, django; django.setup()\n{program}"
    everything = {**os.environ, "DJANGO_SETTINGS_MODULE": "imsite.settings.prod", **environment}
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env=everything, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_optional_packages_are_not_even_imported_unless_asked_for() -> None:
    program = "import imsite.asgi; print({'datadog', 'opentelemetry'} & {name.split('.')[0] for name in sys.modules})"

    assert in_a_fresh_process(program) == "set()"


def test_a_process_told_to_measure_nothing_does_not() -> None:
    program = (
        "from apps.gateway.measures import PUSHES\n"
        "from apps.metrics import REGISTRY\n"
        "PUSHES.add(5)\n"
        "print(PUSHES.read(), REGISTRY.snapshot())"
    )

    assert in_a_fresh_process(program, IM_METRICS="off") == "0 []"
    assert in_a_fresh_process(program, IM_METRICS="on").startswith("5 [Family(")
