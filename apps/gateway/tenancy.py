"""What this node knows of tenants: whose people may be here, and how much each may send.

Looked up every few seconds, and at once when another node, or the admin, says that something changed. So a word that
is lost costs a few seconds, and neither signing in nor sending asks the database for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from apps.events.publish import Why
from apps.gateway.quotas import Allowances
from apps.gateway.registry import Connection, Registry
from apps.tenants.selectors import Standing

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 10.0
"""How long a change stays unknown here at most, should the word of it be lost."""
SLICE: Final = 500
"""Users whose sessions are looked at before other work gets its turn."""

Ask = Callable[[], Awaitable[Sequence[Standing]]]
"""Which tenants are not simply active without limit."""


class TenantWatch:
    """Ends the sessions of tenants that are not active, and keeps the allowances of the others."""

    def __init__(self, registry: Registry, allowances: Allowances, ask: Ask) -> None:
        self._registry = registry
        self._allowances = allowances
        self._ask = ask
        self._asked = asyncio.Event()
        self._failing = False

    def look(self) -> None:
        """Something changed: look as soon as possible."""
        self._asked.set()

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            self._asked.clear()
            try:
                await self._registry.hear_what_concerns_nodes()
                await self._look(await self._ask())
            except Exception as error:
                if not self._failing:
                    logger.warning("which tenants are active cannot be looked up, trying again: %s", error)
                self._failing = True
            else:
                self._failing = False
            await self._wait()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._asked.wait(), LOOK_EVERY_S)
        except TimeoutError:
            return

    async def _look(self, standings: Sequence[Standing]) -> None:
        self._allowances.keep(
            {each.tenant_id: each.messages_per_minute_max for each in standings if each.messages_per_minute_max}
        )
        closed = {each.tenant_id for each in standings if not each.is_active}
        if closed:
            await self._end(closed)

    async def _end(self, tenants: set[UUID]) -> None:
        """Close the sessions of tenants, in slices: a node has very many."""
        groups = self._registry.known(None)
        for begin in range(0, len(groups), SLICE):
            for group in groups[begin : begin + SLICE]:
                for connection in self._registry.sessions(group):
                    _end_if_of(connection, tenants)
            await asyncio.sleep(0)


def _end_if_of(connection: Connection, tenants: set[UUID]) -> None:
    """One session's defect is logged and stays its own."""
    try:
        if connection.owner is not None and connection.owner[0] in tenants:
            connection.revoke(Why.TENANT)
    except Exception:
        logger.exception("a session failed")
