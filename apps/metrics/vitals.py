"""How the process itself fares: how late its event loop is, how long garbage collection stops it, memory and processor.

One timer for the loop, and a callback of the collector. Not here: anything the program is for.
"""

import asyncio
import gc
import time
from collections.abc import Mapping
from typing import Final

import psutil

from apps.metrics.registry import Registry

LOOK_EVERY_S: Final = 0.1
"""The timer's interval: a stop of a length of n seconds is seen for certain from 0.1 s on, a shorter one by chance, in
proportion. Ten wake-ups a second cost less than a thousandth of a core."""


class Vitals:
    """Measures from `start` to `stop`. Bound to the loop it was started on."""

    def __init__(self, registry: Registry) -> None:
        lag = registry.histogram("im_loop_lag_seconds", "How late the event loop came to a timer that was due.")
        pauses = registry.histogram(
            "im_gc_pause_seconds", "How long garbage collection stopped everything.", ("generation",)
        )
        self._lag = lag
        self._pauses = [pauses.labelled(generation=str(generation)) for generation in range(3)]
        self._process = psutil.Process()
        self._handle: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self._began_s = 0.0
        text = "Memory of this process that is in RAM."
        registry.observe_gauge("im_process_resident_bytes", text, lambda: self._process.memory_info().rss)
        registry.observe_counter("im_process_cpu_seconds_total", "Processor time of this process.", time.process_time)

    def start(self) -> None:
        """Begin, on the running loop."""
        gc.callbacks.append(self._collected)
        self._look_again(asyncio.get_running_loop())

    def stop(self) -> None:
        """End. Nothing happens before `start`."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            gc.callbacks.remove(self._collected)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_s = loop.time() + LOOK_EVERY_S
        self._handle = loop.call_at(self._due_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lag.observe(max(0.0, loop.time() - self._due_s))
        self._look_again(loop)

    def _collected(self, phase: str, info: Mapping[str, int]) -> None:
        """Called by the collector, which is never at work twice at the same time, in any thread."""
        if phase == "start":
            self._began_s = time.perf_counter()
        else:
            self._pauses[info["generation"]].observe(time.perf_counter() - self._began_s)
