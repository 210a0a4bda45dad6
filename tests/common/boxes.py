"""What tests of mailboxes have in common."""

import asyncio

from apps.common.mailboxes import Mailboxes

EXPIRY = 60.0
CAPACITY = 3


async def waiting(boxes: Mailboxes[str], channel: str, count: int = 1) -> list[asyncio.Task[str]]:
    """Receivers of a channel that wait already."""
    tasks = [asyncio.create_task(boxes.receive(channel)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks
