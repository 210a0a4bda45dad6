"""Channels that live on other nodes: receiving from them, their places in groups, and forgetting everything everywhere.

Every question has a number, is answered or given up after a bound, and is asked again when the channel has moved.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.routing import Carried, Fetched, Flush, Member, Unwant, Want
from apps.cluster.layer.parcels import Parcel, repack

if TYPE_CHECKING:
    from apps.cluster.layer.local import LocalEnd

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S: Final = 2.0
"""How long a change of a group, or forgetting, waits for other nodes; then it goes on, and is logged."""
ASK_AGAIN_S: Final = 0.5
"""A question without an answer for so long is asked again, where the channel lives then."""
WANTS_MAX: Final = 10_000
"""Receivers of other nodes served at a time; more are not answered until they ask again."""


Talk: TypeAlias = Want | Unwant | Fetched | Member | Flush | Carried
"""Questions and answers; messages themselves are the business of the mailboxes."""


class Remote:
    """Questions of this node to others, and theirs to this one."""

    def __init__(self, local: "LocalEnd") -> None:
        self._local = local
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._change: asyncio.Future[None] = self._loop.create_future()
        self._wanted: dict[int, tuple[NodeId, asyncio.Future[Parcel | None]]] = {}
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._serving: dict[tuple[NodeId, int], tuple[str, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """End everything under way."""
        tasks = [*self._tasks, *(task for _, task in self._serving.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background until `stop`."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Receiving --------------------------------------------------------------------------------------------------------

    async def receive(self, channel: str) -> Parcel:
        """Wait for the next message of a channel, wherever it lives and moves to."""
        while True:
            parcel = await self._receive_at(self._local.home(channel), channel)
            if parcel is not None:
                return parcel

    async def _receive_at(self, home: NodeId, channel: str) -> Parcel | None:
        """Wait for a message at one node; None when the channel has moved or cannot be reached there any more."""
        getter = self._getter(home, channel)
        try:
            while not getter.done():
                await asyncio.wait({getter, self._change}, return_when=asyncio.FIRST_COMPLETED)
                if not getter.done() and (home == NO_NODE or self._local.home(channel) != home):
                    return None
            parcel: Parcel | None = getter.result()
            return parcel
        except asyncio.CancelledError:
            if getter.done() and not getter.cancelled() and (left := getter.result()) is not None:
                self._local.restore(channel, left)
            raise
        finally:
            getter.cancel()

    def _getter(self, home: NodeId, channel: str) -> "asyncio.Future[Any]":
        if home == self._local.node:
            return self._loop.create_task(self._local.mailboxes.receive(channel))
        future: asyncio.Future[Parcel | None] = self._loop.create_future()
        self._number += 1
        number = self._number
        if home != NO_NODE and self._local.router.post(home, Want(number, channel)):
            self._wanted[number] = home, future
            future.add_done_callback(lambda _: self._finish_want(number))
            self._local.plane.settle()
        elif home != NO_NODE:
            self._change.add_done_callback(lambda _: settle(future))
        return future

    def _finish_want(self, number: int) -> None:
        known = self._wanted.pop(number, None)
        if known is not None and known[1].cancelled():
            self._local.router.post(known[0], Unwant(number))
            self._local.plane.settle()

    def changed(self) -> None:
        """Slots or links have changed: whoever waits looks again where."""
        change, self._change = self._change, self._loop.create_future()
        change.set_result(None)
        for key, (channel, task) in list(self._serving.items()):
            if self._local.home(channel) != self._local.node:
                task.cancel()
                self._serving.pop(key, None)

    def unlinked(self, node: NodeId) -> None:
        """Nothing that was asked of this node will be answered."""
        for home, future in list(self._wanted.values()):
            if home == node and not future.done():
                future.set_result(None)
        for key, (_, task) in list(self._serving.items()):
            if key[0] == node:
                task.cancel()
                self._serving.pop(key, None)
        self.changed()

    # Groups, and everything -------------------------------------------------------------------------------------------

    async def change_membership(self, group: str, channel: str, *, joins: bool) -> None:
        """Put a channel that lives elsewhere into a group, or take it out; given up after ANSWER_WITHIN_S."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while not await self._ask_member(group, channel, joins=joins):
                    pass
        except TimeoutError:
            logger.warning("a channel elsewhere could not be put into a group, or out of it, in time")

    def move_memberships(self, channel: str) -> None:
        """A channel of this node lives elsewhere now: so do its places in groups."""
        for group in self._local.memberships.groups_of(channel):
            self._local.discard_member(group, channel)
            self.spawn(self.change_membership(group, channel, joins=True))

    async def flush(self) -> None:
        """Have every node that can be reached forget everything."""
        local = self._local
        futures = [self._ask(node, Flush(self._next_number())) for node in local.router.linked()]
        local.forget_everything()
        if futures and (await asyncio.wait(futures, timeout=ANSWER_WITHIN_S))[1]:
            logger.warning("not every node has said in time that it has forgotten everything")

    async def _ask_member(self, group: str, channel: str, *, joins: bool) -> bool:
        local, home = self._local, self._local.home(channel)
        if local.is_here(channel):
            known: asyncio.Future[None] = self._loop.create_future()
            self._change_here(group, channel, known, joins=joins)
            await known
            return True
        change = self._change
        future = self._ask(home, Member(self._next_number(), group, channel, joins))
        await asyncio.wait({future, change}, timeout=ASK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        return future.done()

    def _change_here(self, group: str, channel: str, known: "asyncio.Future[None]", *, joins: bool) -> None:
        if joins:
            self._local.add_member(group, channel, lambda: settle(known))
        else:
            self._local.discard_member(group, channel)
            settle(known)

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _ask(self, node: NodeId, question: Member | Flush) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = self._loop.create_future()
        if self._local.router.post(node, question):
            self._asked[question.number] = future
            self._loop.call_later(ANSWER_WITHIN_S, self._asked.pop, question.number, None)
            self._local.plane.settle()
        return future

    # What other nodes say ---------------------------------------------------------------------------------------------

    def posted(self, node: NodeId, frame: Talk) -> None:
        """Answer a question, or take in an answer."""
        match frame:
            case Want(number, channel):
                self._serve(node, number, channel)
            case Unwant(number):
                _, task = self._serving.pop((node, number), ("", None))
                if task is not None:
                    task.cancel()
            case Fetched():
                self._take_fetched(frame)
            case Member(number, group, channel, joins):
                if self._local.is_here(channel):
                    known: asyncio.Future[None] = self._loop.create_future()
                    known.add_done_callback(lambda _: self._carried(node, number))
                    self._change_here(group, channel, known, joins=joins)
            case Flush(number):
                self._local.forget_everything()
                self._carried(node, number)
            case _:
                settle(self._asked.pop(frame.number, None))

    def _carried(self, node: NodeId, number: int) -> None:
        self._local.router.post(node, Carried(number))
        self._local.plane.settle()

    def _take_fetched(self, frame: Fetched) -> None:
        known = self._wanted.get(frame.number)
        parcel = Parcel(frame.payload)
        if known is not None and not known[1].done():
            known[1].set_result(parcel)
        else:
            self._local.restore(frame.channel, parcel)

    def _serve(self, node: NodeId, number: int, channel: str) -> None:
        if len(self._serving) < WANTS_MAX and self._local.home(channel) == self._local.node:
            task = self._loop.create_task(self._serve_want(node, number, channel))
            self._serving[node, number] = channel, task

    async def _serve_want(self, node: NodeId, number: int, channel: str) -> None:
        local = self._local
        parcel = await local.mailboxes.receive(channel)
        self._serving.pop((node, number), None)
        if local.router.post(node, Fetched(number, channel, repack(parcel))):
            local.took(channel, parcel)
        else:
            local.restore(channel, parcel)
        local.plane.settle()


def settle(future: "asyncio.Future[Any] | None") -> None:
    """Set a future's result to None, unless it has one."""
    if future is not None and not future.done():
        future.set_result(None)
