"""The sessions of this node: who is connected, who is told, and one clock for all.

The node has one channel in the layer. It joins a user's group when her first session here appears and leaves with the
last, so a connection costs the layer nothing. A delivery reaches each of the user's sessions but its origin.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from apps.common.clock import now_ms
from apps.events.asking import ANSWER, ASK
from apps.events.publish import DELIVER, GAP, NODES, REVOKE, TENANTS, Why, user_group
from apps.gateway.measures import PUSHES, SESSIONS
from apps.gateway.texts import SharedText
from apps.gateway.wheel import Item, Wheel

logger = logging.getLogger(__name__)

TICK_MS: Final = 1_000
TICK_S: Final = TICK_MS / 1000
"""How often the clock looks who is due; sessions that are not cost nothing."""
TICK_SLICE: Final = 500
"""Sessions looked at before other work gets its turn."""

JOIN_LOCKS: Final = 64
"""Joins and leaves of one group are carried out one after the other; groups share this many locks."""

RECEIVE_RETRY_S: Final = 1.0


OnGap = Callable[[Sequence[str] | None, int], None]
"""Told which groups (None: any) may have missed messages since a unix time in milliseconds."""


class Connection(Item, Protocol):
    """What the registry needs of a connection."""

    @property
    def session_id(self) -> str:
        """Name of the session, unique in the cluster."""

    @property
    def terminal(self) -> UUID | None:
        """The terminal that signed in."""

    @property
    def owner(self) -> tuple[UUID, UUID] | None:
        """Tenant and user, once known."""

    @property
    def next_due_ms(self) -> int:
        """When it wants to look at the clock, unix time."""

    def tell_changed(self, conversation: UUID, seq: int) -> None:
        """Say how far a conversation is whose pushes may have been lost."""

    def push(self, conversation: UUID | None, seq: int, frame: str, time_ms: int) -> None:
        """Hand over a frame for the terminal."""

    def tick(self, time_ms: int) -> None:
        """Look at the clock."""

    def restart(self) -> None:
        """End because the node stops."""

    @property
    def opened_ms(self) -> int:
        """When it began, unix time."""

    def revoke(self, why: Why = Why.REVOKED, details: Mapping[str, str | int] | None = None) -> None:
        """End because the terminal or user may not be here any more, or not with what she came in with."""

    def crowd_out(self) -> None:
        """End because the user has more sessions than she may."""

    def abandon(self) -> None:
        """End at once, without saying so to the peer."""


class Registry:
    """All connections of a node. Lives in one event loop."""

    def __init__(self, node_id: str, layer: Any) -> None:
        self.node_id = node_id
        self.channel = f"gateway.{node_id}"
        self._layer = layer
        self._wheel: Wheel[Connection] = Wheel()
        self._count = 0
        self._groups: dict[str, tuple[Connection, ...]] = {}
        self._joined: set[str] = set()
        self._locks = [asyncio.Lock() for _ in range(JOIN_LOCKS)]
        self._loops: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._session_count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.on_gap: OnGap = _log_gap
        self.on_tenants: Callable[[], None] = _ignore
        self._stopping = False

    def __len__(self) -> int:
        return self._count

    async def start(self) -> None:
        """Subscribe to the layer and start the clock."""
        self._loops.append(asyncio.create_task(self._tick_forever(), name="gateway ticker"))
        if hasattr(self._layer, "subscribe"):
            self._layer.subscribe(self.channel, self.deliver)
        elif self._layer is not None:
            self._loops.append(asyncio.create_task(self._receive_forever(), name="gateway receiver"))

    async def hear_what_concerns_nodes(self) -> None:
        """Join the group that every node is in; nothing happens when it is joined already."""
        if self._layer is not None and NODES not in self._joined:
            await self._layer.group_add(NODES, self.channel)
            self._joined.add(NODES)

    async def stop(self, *, within_s: float) -> None:
        """Ask every session to go, wait for them a bounded time, end what is left, and leave the layer."""
        self._stopping = True
        for connection in list(self._wheel):
            connection.restart()
        try:
            await asyncio.wait_for(self._empty.wait(), within_s)
        except TimeoutError:
            logger.warning("%d sessions did not close in time", self._count)
            for connection in list(self._wheel):
                connection.abandon()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        await _cancel([*self._loops, *self._tasks])
        await self._leave_layer()

    def known(self, groups: Sequence[str] | None) -> list[str]:
        """Return those of the groups that have sessions here; of all groups for None."""
        return list(self._groups) if groups is None else [group for group in groups if group in self._groups]

    def sessions(self, group: str) -> tuple[Connection, ...]:
        """Return the sessions of a group, the oldest first."""
        return self._groups.get(group, ())

    def next_session_id(self) -> str:
        """Return a name for the next session."""
        self._session_count += 1
        return f"{self.node_id}.{self._session_count}"

    def add(self, connection: Connection) -> None:
        """Let a connection tick, signed in or not; one that comes while the node stops is sent away at once."""
        self._wheel.put(connection, _ticks_until(connection, now_ms()))
        self._count += 1
        self._empty.clear()
        if self._stopping:
            connection.restart()

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is gone; nothing happens when it is forgotten already."""
        if self._wheel.discard(connection):
            self._count -= 1
        if not self._count:
            self._empty.set()

    def hasten(self, connection: Connection) -> None:
        """Let a connection tick sooner than it had wanted to."""
        self._wheel.hasten(connection, _ticks_until(connection, now_ms()))

    async def join(self, connection: Connection, user_id: UUID) -> None:
        """Tell this connection what concerns the user, from the moment this returns."""
        group = user_group(user_id)
        self._groups[group] = (*self._groups.get(group, ()), connection)
        SESSIONS.add(1)
        await self._settle(group)

    async def leave(self, connection: Connection, user_id: UUID) -> None:
        """Stop telling this connection; nothing happens when it was not told."""
        group = user_group(user_id)
        connections = self._groups.get(group, ())
        if connection not in connections:
            return
        SESSIONS.add(-1)
        if others := tuple(other for other in connections if other is not connection):
            self._groups[group] = others
        else:
            del self._groups[group]
        await self._settle(group)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work of a connection to its end, even when the connection goes first; `stop` waits for it."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def spawn_forever(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work of the node that has no end; `stop` cancels it."""
        self._loops.append(asyncio.create_task(work))

    def deliver(self, message: dict[str, Any]) -> None:
        """Take a message of the layer: hand its frame to the sessions of its groups, or close them."""
        if message.get("type") == DELIVER:
            self._hand_out(message)
        elif message.get("type") == REVOKE:
            self._revoke(message)
        elif message.get("type") == GAP:
            self.on_gap(message["groups"], message["since_ms"])
        elif message.get("type") == TENANTS:
            self.on_tenants()
        elif message.get("type") == ASK:
            self.spawn(self._tell_who_is_here(message))

    def _hand_out(self, message: dict[str, Any]) -> None:
        conversation = msgspec.convert(message["conversation"], UUID) if message["conversation"] else None
        seq, frame, origin, time_ms = message["seq"], message["frame"], message["origin"], now_ms()
        groups = self._groups
        told = [each for group in message["groups"] for each in groups.get(group, ()) if each.session_id != origin]
        if len(told) > 1:
            frame = SharedText(frame)
        for connection in told:
            _guarded(connection.push, conversation, seq, frame, time_ms)
        PUSHES.add(len(told))

    def _revoke(self, message: dict[str, Any]) -> None:
        terminal = UUID(hex=message["terminal"]) if message["terminal"] else None
        why, details = _reason(message)
        for group in message["groups"]:
            for connection in self._groups.get(group, ()):
                if terminal is None or connection.terminal == terminal:
                    _guarded(connection.revoke, why, details)

    async def _tell_who_is_here(self, message: Mapping[str, Any]) -> None:
        """Answer from which terminals the groups have sessions here."""
        told = {each.terminal.hex for group in message["groups"] for each in self.sessions(group) if each.terminal}
        try:
            await self._layer.send(message["reply"], {"type": ANSWER, "terminals": sorted(told)})
        except Exception:
            logger.warning("who is here could not be told", exc_info=True)

    async def _settle(self, group: str) -> None:
        """Make the layer agree with whether the group has sessions here."""
        async with self._locks[hash(group) % JOIN_LOCKS]:
            wanted = group in self._groups
            if self._layer is None or wanted == (group in self._joined):
                return
            if wanted:
                await self._layer.group_add(group, self.channel)
                self._joined.add(group)
            else:
                self._joined.discard(group)
                await self._layer.group_discard(group, self.channel)

    async def _leave_layer(self) -> None:
        for group in list(self._joined):
            await self._layer.group_discard(group, self.channel)
        self._joined.clear()
        if hasattr(self._layer, "unsubscribe"):
            self._layer.unsubscribe(self.channel)

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            due = self._wheel.advance()
            while due:
                self._tick(due)
                await asyncio.sleep(0)

    def _tick(self, due: set[Connection]) -> None:
        """Let some of those that are due look at the clock, and note when each wants to do so next."""
        time_ms = now_ms()
        for _ in range(min(TICK_SLICE, len(due))):
            connection = due.pop()
            self._wheel.put(connection, 1)
            _guarded(connection.tick, time_ms)
            if self._wheel.discard(connection):
                self._wheel.put(connection, _ticks_until(connection, time_ms))

    async def _receive_forever(self) -> None:
        """For layers without callbacks: one loop for the node."""
        while True:
            try:
                message = await self._layer.receive(self.channel)
            except Exception:
                logger.exception("receiving from the channel layer failed, trying again")
                await asyncio.sleep(RECEIVE_RETRY_S)
            else:
                _guarded(self.deliver, message)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("work of a connection failed", exc_info=error)


def _log_gap(groups: Sequence[str] | None, since_ms: int) -> None:
    logger.error("nobody repairs a gap of %s since %d", "all groups" if groups is None else groups, since_ms)


def _reason(message: Mapping[str, Any]) -> tuple[Why, dict[str, str | int]]:
    """Nodes of the release before say none, and those of a later one may know more reasons."""
    why = message.get("why", "")
    return (Why(why) if why in set(Why) else Why.REVOKED), message.get("details", {})


def _ignore() -> None:
    """Nobody here cares about tenants."""


def _ticks_until(connection: Connection, time_ms: int) -> int:
    """How many ticks from now a connection is due. One that is looked at too early is put back."""
    return (connection.next_due_ms - time_ms) // TICK_MS + 1


def _guarded(call: Callable[..., None], *arguments: object) -> None:
    """One session's defect is logged and stays its own."""
    try:
        call(*arguments)
    except Exception:
        logger.exception("a session failed")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
