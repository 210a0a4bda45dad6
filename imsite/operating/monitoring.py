"""Runs what a node measures of itself and where it tells that, from the start of its gateway to the end.

One thread records what the live page shows; another pushes, where the settings name a monitoring system. Not here: the
formats, and what is measured by the parts of the program themselves.
"""

import asyncio
import importlib.util
import logging
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings

from apps.cluster.services import current
from apps.common.clock import now_ms
from apps.common.errors import ImError
from apps.metrics import HISTORY, REGISTRY, Family
from apps.metrics.repeater import Repeater
from apps.metrics.vitals import Vitals
from imsite.errors import OperatorError
from imsite.operating.cluster_figures import cluster_families, glance, silent_node
from imsite.operating.figures import TRACKS
from imsite.operating.observed import observe
from imsite.phrases import phrase

logger = logging.getLogger(__name__)

RECORD_EVERY_S: Final = 2.0
"""Between two points of the live page: with `history.POINTS` of them it shows five minutes."""

Close = Callable[[], None]


class Monitoring:
    """The measuring of one node. Made and used on its event loop."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Prepare. Raises OperatorError where a package is missing that the settings ask for."""
        self._on = bool(options["on"])
        self._vitals = Vitals(REGISTRY)
        self._repeaters: list[Repeater] = []
        self._closes: list[Close] = []
        observe(REGISTRY)
        if self._on:
            HISTORY.follow(TRACKS)
            self._repeaters.append(Repeater("metrics history", RECORD_EVERY_S, _record))
        for push, close in _pushers(options):
            self._repeaters.append(Repeater("pushing metrics", options["push_s"], push))
            self._closes.append(close)

    def start(self) -> None:
        """Begin, on the running loop."""
        if self._on:
            self._vitals.start()
        for repeater in self._repeaters:
            repeater.start()

    async def stop(self) -> None:
        """End. A push under way gets a moment, which holds up nobody else."""
        self._vitals.stop()
        await asyncio.to_thread(self._stop_threads)

    def _stop_threads(self) -> None:
        for repeater in self._repeaters:
            repeater.stop()
        for close in self._closes:
            close()


class _Process:
    """Holds this process's monitoring."""

    def __init__(self) -> None:
        self.monitoring: Monitoring | None = None


_process = _Process()


def start() -> None:
    """Begin to measure this process, on the running loop. Raises OperatorError. Once only until `stop`."""
    if _process.monitoring is None:
        _process.monitoring = Monitoring(settings.IM_METRICS)
        _process.monitoring.start()


async def stop() -> None:
    """End; nothing happens before `start`."""
    monitoring, _process.monitoring = _process.monitoring, None
    if monitoring is not None:
        await monitoring.stop()


def everything() -> list[Family]:
    """Return all figures of this process and its node, from any thread but the loop's."""
    return [*REGISTRY.snapshot(), *_of_cluster()]


def _of_cluster() -> list[Family]:
    cluster = current()
    try:
        return cluster_families(async_to_sync(cluster.status)() if cluster is not None else None)
    except ImError:
        return silent_node()


def _record() -> None:
    HISTORY.record([*REGISTRY.snapshot(), *glance(current())], now_ms())


def _pushers(options: dict[str, Any]) -> list[tuple[Callable[[], None], Close]]:
    """The ways to push that the settings name, each with what ends it."""
    found: list[tuple[Callable[[], None], Close]] = []
    if options["otlp"]:
        _require("opentelemetry", "IM_METRICS_OTLP")
        from apps.metrics.adapters.otlp import OtlpPusher

        otlp = OtlpPusher(options["otlp"], resource=_resource(), started_ms=now_ms())
        found.append((lambda: otlp.push(everything(), now_ms=now_ms()), otlp.close))
    if options["statsd"] is not None:
        _require("datadog", "IM_METRICS_STATSD")
        from apps.metrics.adapters.statsd import StatsdPusher

        statsd = StatsdPusher(*options["statsd"], tags=[f"node:{settings.IM_CLUSTER['name']}"])
        found.append((lambda: statsd.push(everything()), statsd.close))
    return found


def _resource() -> dict[str, str]:
    return {"service.name": "imsite", "service.instance.id": settings.IM_CLUSTER["name"]}


def _require(package: str, setting: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise OperatorError(
            phrase(
                "{setting} needs packages that are not installed: pip install -r requirements/monitoring.txt",
                setting=setting,
            )
        )
