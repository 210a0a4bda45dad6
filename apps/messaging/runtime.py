"""What the hot path of this process shares: connections for reading, the store, the cursor writer. All on one loop.

The gateway starts and stops it. REST and admin do without: they use Django's connections.
"""

import asyncio
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from apps.common.database import NETWORK, STATEMENT_TIMEOUT_MS, conninfo
from apps.messaging import fanout
from apps.messaging.errors import Unavailable
from apps.messaging.store.cursors import CursorWriter
from apps.messaging.store.group_commit import GroupCommitStore

POOL_MAX_SIZE = 4
"""Connections for reading and cursors; with the lanes' own and sign-in's, a node takes seven at most, plus Django's."""
POOL_TIMEOUT_S = 10.0
MAX_WAITING = 2000
"""Reads that may wait for a connection; further ones are refused at once."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The running parts, and the loop they belong to."""

    loop: asyncio.AbstractEventLoop
    pool: AsyncConnectionPool[AsyncConnection]
    store: GroupCommitStore
    cursors: CursorWriter


class _Holder:
    """The one runtime of this process."""

    def __init__(self) -> None:
        self.runtime: Runtime | None = None


_holder = _Holder()


async def start(dsn: str | None = None) -> Runtime:
    """Start on the running loop and return the runtime; the one that runs here already, if there is one.

    Connects lazily: a database that is away shows up as Unavailable, and is used as soon as it is back.
    """
    loop = asyncio.get_running_loop()
    running = _holder.runtime
    if running is not None and running.loop is loop:
        return running
    address = dsn or conninfo()
    pool = AsyncConnectionPool(
        address,
        kwargs={"autocommit": True, **NETWORK},
        configure=_limit_statements,
        min_size=1,
        max_size=POOL_MAX_SIZE,
        timeout=POOL_TIMEOUT_S,
        max_waiting=MAX_WAITING,
        open=False,
        name="messaging",
    )
    await pool.open()
    runtime = Runtime(
        loop=loop,
        pool=pool,
        store=GroupCommitStore(address, tell=fanout.tell_members),
        cursors=CursorWriter(pool.connection, tell=fanout.tell_cursors),
    )
    await runtime.store.start()
    await runtime.cursors.start()
    _holder.runtime = runtime
    return runtime


async def stop() -> None:
    """Refuse new work, write what waits (bounded), disconnect. Does nothing when nothing runs."""
    runtime, _holder.runtime = _holder.runtime, None
    if runtime is None:
        return
    await runtime.store.close()
    await runtime.cursors.close()
    await runtime.pool.close()


def get() -> Runtime:
    """Return the running parts. Raises Unavailable before `start` and after `stop`."""
    if _holder.runtime is None:
        raise Unavailable
    return _holder.runtime


async def _limit_statements(connection: AsyncConnection) -> None:
    """A read that waits longer than a write may gives up, so that a few can't hold all connections."""
    await connection.execute("SELECT set_config('statement_timeout', %s, false)", (str(STATEMENT_TIMEOUT_MS),))
