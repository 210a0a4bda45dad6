"""Keeps Python's cyclic garbage collector away from what lives long: the program itself, and open sessions.

A full collection looks at everything that lives and stops the node meanwhile: 90 ms for Django and all modules, 3 ms
more for every thousand sessions. What is frozen is not looked at again; counting references frees it all the same, and
connections leave no cycles. Frozen again only when there are many more sessions, so what cycles each time sets aside
for good, though they were garbage a moment later, is bounded.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 5.0
FIRST_SESSIONS: Final = 1_000
GROWTH: Final = 1.25


def is_worth_freezing(sessions: int, frozen: int) -> bool:
    """Whether so many more sessions live than when all was frozen last that collections have become slow again."""
    return sessions >= FIRST_SESSIONS + frozen * GROWTH


def freeze() -> None:
    """Free what is garbage, set aside what lives."""
    gc.collect()
    gc.freeze()


async def freeze_as_it_grows(count: Callable[[], int], *, look_s: float = LOOK_S) -> None:
    """Freeze once the node has started, and whenever its sessions have grown by much, for ever."""
    frozen = -1
    while True:
        await asyncio.sleep(look_s)
        if frozen < 0 or is_worth_freezing(count(), frozen):
            frozen = count()
            freeze()
