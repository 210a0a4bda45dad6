"""When terminals were last used, and under which name: written behind, in batches, so that nobody waits for it.

A sighting is worth little: what a crash, the bound or the database's absence loses, the terminal's next sign-in says
again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from apps.accounts.services.sign_in_statements import Seen
from apps.common.errors import Unavailable

logger = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
"""Between two statements."""
MAX_ROWS_PER_STATEMENT: Final = 500
"""With the interval, what a storm of reconnects may write at most."""
MAX_PENDING: Final = 5_000
"""About 600 bytes each; at the bound further ones are dropped."""
CLOSE_WITHIN_S: Final = 2.0
"""What is not written by then is dropped."""


class Sightings:
    """Gathers what is worth writing. `write` stores a batch, and raises Unavailable where it can't."""

    def __init__(self, write: Callable[[Sequence[Seen]], Awaitable[object]], *, interval_s: float = INTERVAL_S) -> None:
        self._write = write
        self._interval_s = interval_s
        self._pending: dict[UUID, Seen] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, seen: Seen) -> None:
        """Take note; a later one of the same terminal replaces it."""
        terminal_id = seen[0].terminal_id
        if len(self._pending) >= MAX_PENDING and terminal_id not in self._pending:
            return
        self._pending[terminal_id] = seen
        if self._task is None:
            self._task = asyncio.create_task(self._write_behind())

    async def close(self) -> None:
        """Write what is pending, for at most CLOSE_WITHIN_S."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                while self._pending:
                    await self._write_some()

    async def _write_behind(self) -> None:
        """Run while there is something to write."""
        try:
            while self._pending:
                await asyncio.sleep(self._interval_s)
                await self._write_some()
        finally:
            self._task = None

    async def _write_some(self) -> None:
        batch = [self._pending.pop(terminal_id) for terminal_id in list(islice(self._pending, MAX_ROWS_PER_STATEMENT))]
        try:
            await self._write(batch)
        except Unavailable:
            logger.info("the last use of %d terminals was not written", len(batch))
        except Exception:
            logger.exception("the last use of %d terminals can't be written", len(batch))
