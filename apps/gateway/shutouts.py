"""Sessions that should have ended: what the word of a revocation did not reach, a look at the database does.

A word reaches the nodes in milliseconds. It may be lost with a link, and a command in another process, such as
`changepassword`, may have no way to send one. So every node asks every few seconds who was shut out since it asked
last, and lets those sessions that are older go: they come back and sign in again, and who may not any more is refused
there and told why.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from apps.accounts.selectors import ShutOut
from apps.common.clock import to_ms
from apps.events.publish import user_group
from apps.gateway.registry import Registry

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""How long a session may stay at most whose end nobody told."""
OVERLAP_MS: Final = 15_000
"""How much further back each look goes: changes get their time before they are committed, and clocks differ."""

Ask = Callable[[int], Awaitable[ShutOut]]
"""Who was shut out at or after a unix time."""


class ShutOutWatch:
    """Looks for ever. `now_ms`: the clock, unix time."""

    def __init__(self, registry: Registry, ask: Ask, *, now_ms: Callable[[], int]) -> None:
        self._registry = registry
        self._ask = ask
        self._now_ms = now_ms
        self._since_ms = now_ms()
        self._failing = False

    async def run(self) -> None:
        """Look every LOOK_EVERY_S; what can't be asked now is asked later, back to the last look that worked."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Ask who was shut out since the last look, and let their sessions of before that go."""
        begun_ms = self._now_ms()
        try:
            found = await self._ask(self._since_ms - OVERLAP_MS)
        except Exception as error:
            if not self._failing:
                logger.warning("who was shut out cannot be looked up, trying again: %s", error)
            self._failing = True
            return
        self._since_ms, self._failing = begun_ms, False
        self._let_go(found)

    def _let_go(self, found: ShutOut) -> None:
        for user_id, at in found.users.items():
            for connection in self._registry.sessions(user_group(user_id)):
                if connection.opened_ms < to_ms(at):
                    connection.restart()
        for terminal_id, (user_id, at) in found.terminals.items():
            for connection in self._registry.sessions(user_group(user_id)):
                if connection.terminal == terminal_id and connection.opened_ms < to_ms(at):
                    connection.restart()
