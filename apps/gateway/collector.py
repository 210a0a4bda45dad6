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
THRESHOLDS: Final = (50_000, 20, 20)
"""For Python's collector, instead of (700, 10, 10). A message to a room of 10,000 makes 50,000 objects that live until
it is acknowledged, and looking at them seventy times over took a tenth of the node. What is garbage in cycles now
waits for 50,000 new objects, some megabytes."""


def is_worth_freezing(sessions: int, frozen: int) -> bool:
    """Whether so many more sessions live than when all was frozen last that collections have become slow again."""
    return sessions >= FIRST_SESSIONS + frozen * GROWTH


def freeze() -> None:
    """Free what is garbage, set aside what lives."""
    gc.collect()
    gc.freeze()


async def freeze_as_it_grows(count: Callable[[], int], *, look_s: float = LOOK_S) -> None:
    """Freeze once the node has started, and whenever its sessions have grown by much, for ever."""
    gc.set_threshold(*THRESHOLDS)
    frozen = -1
    while True:
        await asyncio.sleep(look_s)
        if frozen < 0 or is_worth_freezing(count(), frozen):
            frozen = count()
            freeze()
