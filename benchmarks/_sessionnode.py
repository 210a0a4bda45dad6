"""The node for `benchmarks.sessions`: edge, gateway and cluster as they are; sign-ins are believed, nothing is stored.

`python -m benchmarks._sessionnode FOLDER PORT SERVER TRACE`; reads a command per line, answers with a line of JSON.
"""

import asyncio
import gc
import json
import os
import resource
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
HOST = "127.0.0.1"
TRACED_LINES = 45
TENANT = UUID(int=1)
LATER_MS = 4_000_000_000_000
PAGE_KB = resource.getpagesize() // 1024


class Believing:
    """Services that take the token for the user's id and store nothing."""

    async def sign_in(self, frame: Any, address: str = "") -> tuple[Any, str]:
        """Everybody is who she says."""
        from apps.gateway.session import Identity

        return Identity(UUID(int=1), UUID(frame.token), frame.terminal, LATER_MS), "zh-hans"  # type: ignore[arg-type]

    async def confirm(self, frame: Any) -> None:
        """Nobody is shut out."""

    async def changed_since(self, identity: Any, since: int | None) -> tuple[list[Any], bool]:
        """Nothing ever changes."""
        return [], False

    def note(self, identity: Any, frame: Any) -> None:
        """Cursors are not kept."""

    def send(self, frame: Any, *, identity: Any, session_id: str, language: str, done: Any) -> None:
        """Nothing is committed."""

    async def answer(self, frame: Any, *, identity: Any, language: str) -> str:
        """Nothing is looked up."""
        return '{"op":"events"}'

    def refusal(self, error: Exception, frame: Any, *, language: str) -> Any:
        """A defect of the benchmark."""
        raise error

    async def close(self) -> None:
        """Nothing is open."""


class SessionNode:
    """What the commands do."""

    def __init__(self, folder: str, port: str, server: str, trace: str) -> None:
        configure(folder)
        self._folder, self._port, self._server, self._traces = folder, int(port), server, bool(int(trace))

    async def run(self) -> None:
        """Serve, and answer until standard input ends."""
        from apps.gateway import lifespan
        from apps.gateway.connection import Node
        from apps.gateway.outbox import Bounds
        from apps.gateway.quotas import Quotas
        from apps.gateway.registry import Registry
        from apps.gateway.session import Limits

        layer = await one_node_layer(self._folder)
        registry = Registry("0123456789ab", layer)
        await registry.start()
        node = Node(registry, Believing(), Limits(), Bounds(), Quotas(per_s=1, burst=1))

        async def running_node() -> Node:
            return node

        lifespan.running_node = running_node
        await self._serve()
        self._registry = registry
        say({"started": True})
        while line := await asyncio.to_thread(sys.stdin.readline):
            say(getattr(self, f"do_{line.strip()}")())
        os._exit(0)  # thousands of sockets: their end is the kernel's matter

    def do_usage(self) -> Any:
        """Memory, processor time, sessions."""
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return {
            "rss_kb": pages * PAGE_KB,
            "cpu_s": time.process_time(),
            "now_s": time.monotonic(),
            "sessions": len(self._registry),
            "objects": len(gc.get_objects()),
        }

    def do_collection(self) -> Any:
        """A full collection."""
        return {"full_collection_ms": timed_collection()}

    def do_frozen(self) -> Any:
        """A full collection once everything that lives is set aside."""
        gc.freeze()
        pause_ms = timed_collection()
        gc.unfreeze()
        return {"full_collection_ms": pause_ms}

    def do_traced(self) -> Any:
        """Which lines allocated what lives."""
        if not self._traces:
            return []
        if not tracemalloc.is_tracing():
            tracemalloc.start()
            return []
        lines = tracemalloc.take_snapshot().statistics("lineno")[:TRACED_LINES]
        return [(str(line.traceback[0]).replace(str(ROOT), ""), line.size, line.count) for line in lines]

    async def _serve(self) -> None:
        from apps.gateway.routing import websocket_application as application
        from imsite.serving.listeners import open_listeners

        listeners = open_listeners(HOST, {"port": self._port})
        if self._server == "im":
            from apps.edge import EdgeServer

            await EdgeServer(application).start(listeners)
            return
        import uvicorn

        from imsite.serving.uvicorn_node import _configure

        config = _configure()
        config.load()
        self._uvicorn = asyncio.ensure_future(uvicorn.Server(config).serve(sockets=listeners))


def configure(folder: str) -> None:
    """Set up Django for a node without a database."""
    os.environ.update(DJANGO_SETTINGS_MODULE="imsite.settings.prod", IM_DATA_DIR=folder, IM_LAYER="slots")
    os.environ.setdefault("DATABASE_URL", f"postgresql://nobody@{HOST}:1/nothing")
    import django

    django.setup()


async def one_node_layer(folder: str) -> Any:
    """The channel layer of a cluster of one node, once that node serves its slots."""
    from apps.cluster.layer import Seat, SlotChannelLayer
    from apps.cluster.runtime.config import ClusterConfig
    from apps.cluster.runtime.keyring import KeyRing
    from apps.cluster.services import Cluster

    ring = KeyRing(["a key for one benchmark only"])
    config = ClusterConfig(folder=Path(folder) / "node", keys=ring, name="bench", port=0, data_port=0)
    cluster = await asyncio.to_thread(Cluster, config, lambda code, detail: sys.exit(f"{code}: {detail}"))
    layer = SlotChannelLayer(seat=Seat(cluster, ring, HOST, 0))
    await layer.start()
    while not cluster.owner_of("user.anybody"):  # noqa: ASYNC110 - it is another thread's matter
        await asyncio.sleep(0.01)
    return layer


def timed_collection() -> float:
    """How long the collector stops everything when it looks at everything, in processor time."""
    started = time.thread_time()
    gc.collect()
    return round((time.thread_time() - started) * 1000, 1)


def say(answer: Any) -> None:
    """Answer a command."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import uvloop

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(SessionNode(*sys.argv[1:]).run())
