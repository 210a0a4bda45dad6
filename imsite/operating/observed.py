"""What this process can be seen to hold at any moment: connections of the database, and what waits for it.

Read when somebody asks, so it costs nothing otherwise. Before the parts run, and after, there is nothing to see.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.db import connections

from apps.messaging import runtime
from apps.messaging.errors import Unavailable
from apps.metrics import Registry
from apps.metrics.registry import Observed

Running = runtime.Runtime


def observe(registry: Registry) -> None:
    """Have the registry read these from now on."""
    registry.observe_gauge(
        "im_store_queued_messages", "Messages that wait for their commit.", _of_runtime(lambda it: it.store.waiting)
    )
    registry.observe_gauge(
        "im_fanout_queued_batches",
        "Commits whose members have not been told yet.",
        _of_runtime(lambda it: it.store.untold),
    )
    registry.observe_gauge(
        "im_cursors_pending", "Members with positions not written yet.", _of_runtime(lambda it: it.cursors.pending)
    )
    for name, text, figure in (
        ("im_database_connections", "Open connections of each pool.", _open),
        ("im_database_connections_in_use", "Connections that are lent out.", _in_use),
        ("im_database_waiting", "Requests that wait for a connection.", _waiting),
    ):
        registry.observe_gauge(name, text, _of_pools(figure), ("pool",))


def _of_runtime(figure: Callable[[Running], float]) -> Callable[[], Observed]:
    def read() -> Observed:
        try:
            return figure(runtime.get())
        except Unavailable:
            return None

    return read


Stats = Mapping[str, int]


def _of_pools(figure: Callable[[Stats], float]) -> Callable[[], Observed]:
    return lambda: {(name,): figure(pool.get_stats()) for name, pool in _pools().items()}


def _pools() -> dict[str, Any]:
    """The pools there are: `sessions` for the hot path's reads, `django` for pages, REST and admin."""
    pools = {"django": getattr(connections["default"], "pool", None)}
    with suppress(Unavailable):
        pools["sessions"] = runtime.get().pool
    return {name: pool for name, pool in pools.items() if pool is not None}


def _open(stats: Stats) -> float:
    return stats["pool_size"]


def _in_use(stats: Stats) -> float:
    return stats["pool_size"] - stats["pool_available"]


def _waiting(stats: Stats) -> float:
    return stats["requests_waiting"]
