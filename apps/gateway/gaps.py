"""Repairs gaps: where the cluster may have lost what sessions of this node should have been told, they are told anew.

The log knows: whichever conversations of those users went on since the gap began are named to their sessions in
`changed` frames, and clients that miss something sync. What may be lost as well is the word that somebody is shut out:
sessions of terminals that were revoked, and of users who were signed out or deactivated, are sent away to sign in
again, and whoever may not any more is refused there. Spread over time, so that the end of a node does not become a
storm on the database. Not here: how a gap is noticed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final
from uuid import UUID

from apps.gateway.registry import Connection, Registry

logger = logging.getLogger(__name__)

USERS_AT_ONCE: Final = 200
"""Users asked about in one query."""
CONVERSATIONS_AT_ONCE: Final = 5_000
"""Answers of one query. If there are more, its sessions are sent away: they come back and say themselves since when."""
PAUSE_S: Final = 0.02
"""Between two queries."""
RETRY_S: Final = 1.0
RETRIES_MAX: Final = 60
"""After so many failures in a row sessions are sent away, as above."""

WentOn = Callable[[UUID, Sequence[UUID], int, int], Awaitable[list[tuple[UUID, UUID, int]]]]
"""Of a tenant and users: at most so many (user, conversation, last seq) with an event at or after a time."""
ShutOut = Callable[[UUID, Collection[UUID], Collection[UUID], int], Awaitable[tuple[set[UUID], set[UUID]]]]
"""Of a tenant, users and terminals: which users were shut out at or after a time, and which terminals are revoked."""


class GapRepair:
    """The gaps of one node. `overlap_ms`: how much earlier than a gap to look, as times are given before commits."""

    def __init__(self, registry: Registry, went_on: WentOn, shut_out: ShutOut, *, overlap_ms: int) -> None:
        self._registry = registry
        self._went_on = went_on
        self._shut_out = shut_out
        self._overlap_ms = overlap_ms
        self._since_ms = 0
        self._waiting: dict[str, None] = {}
        self._work = asyncio.Event()

    def note(self, groups: Sequence[str] | None, since_ms: int) -> None:
        """Messages to these groups (None: to any) may be missing since then, unix time. Bounded by the groups here."""
        self._since_ms = min(self._since_ms, since_ms) if self._waiting else since_ms
        self._waiting.update(dict.fromkeys(self._registry.known(groups)))
        if self._waiting:
            self._work.set()

    async def run(self) -> None:
        """Repair whatever is noted, for ever."""
        while True:
            await self._work.wait()
            while self._waiting:
                since_ms = max(0, self._since_ms - self._overlap_ms)
                batch = [self._waiting.popitem()[0] for _ in range(min(USERS_AT_ONCE, len(self._waiting)))]
                await self._repair(batch, since_ms)
                await asyncio.sleep(PAUSE_S)
            self._work.clear()

    async def _repair(self, groups: list[str], since_ms: int) -> None:
        """Tell the sessions of some groups what they may have missed, or send them away."""
        for attempt in range(RETRIES_MAX):
            try:
                await self._close_shut_out(groups, since_ms)
                await self._tell(groups, since_ms)
            except Exception as error:
                if attempt == 0:
                    logger.warning("a gap of %d users cannot be repaired yet: %s", len(groups), error)
                await asyncio.sleep(RETRY_S)
            else:
                return
        self._send_away(groups)

    async def _close_shut_out(self, groups: list[str], since_ms: int) -> None:
        """Send away the sessions that may have missed that they are over. The one of a gap may not know it yet."""
        for tenant, users in self._users(groups).items():
            sessions = [each for group in users.values() for each in self._registry.sessions(group)]
            terminals = {each.terminal for each in sessions if each.terminal is not None}
            gone, revoked = await self._shut_out(tenant, list(users), terminals, since_ms)
            for connection in sessions:
                if connection.terminal in revoked or (connection.owner is not None and connection.owner[1] in gone):
                    connection.restart()

    async def _tell(self, groups: list[str], since_ms: int) -> None:
        for tenant, users in self._users(groups).items():
            limit = CONVERSATIONS_AT_ONCE
            found = await self._went_on(tenant, list(users), since_ms, limit + 1)
            if len(found) > limit:
                self._send_away([users[user] for user in users])
                continue
            for user, conversation, seq in found:
                for connection in self._registry.sessions(users[user]):
                    connection.tell_changed(conversation, seq)

    def _users(self, groups: list[str]) -> dict[UUID, dict[UUID, str]]:
        """Whose sessions these are now, by tenant; groups that nobody is in any more drop out."""
        users: dict[UUID, dict[UUID, str]] = {}
        for group in groups:
            for connection in self._registry.sessions(group):
                if connection.owner is not None:
                    tenant, user = connection.owner
                    users.setdefault(tenant, {})[user] = group
        return users

    def _send_away(self, groups: list[str]) -> None:
        leaving: list[Connection] = [each for group in groups for each in self._registry.sessions(group)]
        for connection in leaving:
            connection.restart()
        logger.warning("%d sessions were sent away to resume: their gap is too large", len(leaving))
