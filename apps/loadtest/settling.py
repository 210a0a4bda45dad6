"""The two ends of a run: where every log begins, and whether everybody has everything when it is over.

Asks the server by `sync`, as any client may, a bounded number of conversations at a time.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from apps.loadtest.fleet import Fleet
from apps.loadtest.ledger import Room, RoomReport, View, report_room
from apps.loadtest.session import OPEN

WINDOW: Final = 256
"""Questions under way at once, in one process."""

POLL_S: Final = 0.02
ASK_AGAIN_S: Final = 5.0


async def probe(fleet: Fleet, patience_s: float) -> None:
    """Find out where the log of each conversation begins for this run; those that stay unknown are a fault later."""
    rooms = list(fleet.rooms.values())

    def unknown() -> Iterable[View]:
        spokesmen = (_spokesman(fleet, room) for room in rooms if room.base < 0)
        return (view for view in spokesmen if view is not None)

    await _ask(fleet, time.monotonic() + patience_s, unknown, lambda: all(room.base >= 0 for room in rooms))


async def quieten(fleet: Fleet, patience_s: float) -> None:
    """Return when every message is acknowledged or refused."""
    await _until(lambda: not fleet.speaking.outstanding, time.monotonic() + patience_s)


async def settle(fleet: Fleet, patience_s: float) -> list[RoomReport]:
    """Fetch what members lack and return what they have then."""
    deadline = time.monotonic() + patience_s
    await _find_ends(fleet, deadline)
    views = [view for of_room in fleet.views.values() for view in of_room]

    def behind() -> Iterable[View]:
        return (view for view in views if 0 <= view.have < view.room.head)

    await _ask(fleet, deadline, behind, lambda: not any(behind()))
    unanswered: dict[str, int] = {}
    for speaker in fleet.speaking.outstanding.values():
        text = speaker.view.room.text
        unanswered[text] = unanswered.get(text, 0) + 1
    return [
        report_room(room, fleet.views[text], unanswered=unanswered.get(text, 0)) for text, room in fleet.rooms.items()
    ]


async def _find_ends(fleet: Fleet, deadline: float) -> None:
    """Ask the server once for the end of each log: this process may not have heard of its last messages."""
    unasked: list[Room] = [room for room in fleet.rooms.values() if room.base >= 0]
    asked: dict[str, View] = {}

    def current() -> Iterable[View]:
        for text, view in list(asked.items()):
            if not view.syncing:
                del asked[text]
        while unasked and len(asked) < WINDOW:
            room = unasked.pop()
            spokesman = _spokesman(fleet, room)
            if spokesman is not None:
                asked[room.text] = spokesman
        return asked.values()

    await _ask(fleet, deadline, current, lambda: not unasked and not asked)


async def _ask(
    fleet: Fleet, deadline: float, views: Callable[[], Iterable[View]], finished: Callable[[], bool]
) -> None:
    """Have the given views sync, a window of them at a time, until it is finished. An answer that got lost is asked
    for again."""
    asked_at = time.monotonic()
    while not finished() and (now := time.monotonic()) < deadline:
        again = now - asked_at > ASK_AGAIN_S
        if again:
            asked_at = now
        for view, _place in zip(views(), range(WINDOW), strict=False):
            view.syncing = view.syncing and not again
            fleet.sync(fleet.sessions[view.member], view)
        await asyncio.sleep(POLL_S)


async def _until(condition: Callable[[], bool], deadline: float) -> None:
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - a poll costs nothing, an event each ack
        await asyncio.sleep(POLL_S)


def _spokesman(fleet: Fleet, room: Room) -> View | None:
    """A member who is online and has the most; None while nobody is."""
    online = [view for view in fleet.views[room.text] if fleet.sessions[view.member].phase == OPEN]
    return max(online, key=lambda view: view.have, default=None)
