"""Connections and a layer that note what a registry does with them."""

import asyncio
from typing import Any
from uuid import UUID

from apps.events.inprocess import InProcessLayer
from apps.events.publish import Delivery, Why, user_group
from apps.gateway.registry import Registry

ALICE, BOB = UUID(int=1), UUID(int=2)
ROOM = UUID(int=9)
PHONE, LAPTOP = UUID(int=11), UUID(int=12)


class Peer:
    """A connection that notes what it is told."""

    opened_ms = 0

    def __init__(self, registry: Registry, *, terminal: UUID = PHONE, stubborn: bool = False) -> None:
        self.slot = 0
        self.next_due_ms = 0
        self.session_id = registry.next_session_id()
        self.terminal: UUID | None = terminal
        self.owner: tuple[UUID, UUID] | None = None
        self.frames: list[Any] = []
        self.ticks: list[int] = []
        self.said: list[str] = []
        self._registry = registry
        self._stubborn = stubborn
        registry.add(self)

    def push(self, conversation: UUID | None, seq: int, frame: str, time_ms: int) -> None:
        self.frames.append((conversation, seq, frame))

    def tell_changed(self, conversation: UUID, seq: int) -> None:
        self.frames.append((conversation, seq))

    def tick(self, time_ms: int) -> None:
        self.ticks.append(time_ms)

    def restart(self) -> None:
        self.said.append("restart")
        if not self._stubborn:
            self._registry.remove(self)

    def revoke(self, why: Why = Why.REVOKED, details: Any = None) -> None:
        self.said.append("revoke")

    def crowd_out(self) -> None:
        self.said.append("crowd out")

    def abandon(self) -> None:
        self.said.append("abandon")
        self._registry.remove(self)


class CountingLayer(InProcessLayer):
    """Counts what a connection costs the layer, and takes its time over it, as a layer behind a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []

    async def group_add(self, group: str, channel: str) -> None:
        await asyncio.sleep(0)
        self.changes.append("add")
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await asyncio.sleep(0)
        self.changes.append("discard")
        await super().group_discard(group, channel)


def event(seq: int = 1, origin: str = "") -> Delivery:
    return Delivery(frame=f"frame {seq}", conversation=ROOM.hex, seq=seq, origin=origin)


async def send(layer: Any, users: list[UUID], delivery: Delivery) -> None:
    await layer.group_send_many([user_group(user) for user in users], delivery.to_message())
