"""Sends from a process that is no node, such as a command: a node takes the message over and sends it as its own."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE
from apps.cluster.core.routing import Outbox, Route, encode_frame
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import Party, Purpose, SealedStream, SealError

logger = logging.getLogger(__name__)

WITHIN_S: Final = 2.0
"""How long all attempts together may take; then the message is lost, which is logged."""
READ_BYTES: Final = 65_536
GROUPS_PER_FRAME: Final = 2_000
BATCH_BYTES: Final = 65_536


class Guest:
    """Hands messages to the first of some nodes that takes them over. Each message has a connection of its own."""

    def __init__(self, addresses: Sequence[Address], keys: KeyRing) -> None:
        self._addresses = addresses
        self._keys = keys

    async def send(self, groups: Sequence[str], payload: bytes) -> bool:
        """Return whether a node has taken the message over."""
        try:
            async with asyncio.timeout(WITHIN_S):
                for address in self._addresses:
                    if await self._hand_over(address, _batches(groups, payload)):
                        return True
        except TimeoutError:
            pass
        logger.warning("no node of the cluster took a message over: sessions learn of it when they ask")
        return False

    async def _hand_over(self, address: Address, batches: list[bytes]) -> bool:
        stream = SealedStream.dial(self._keys, Party(NO_NODE), Purpose.GUEST)
        try:
            reader, writer = await asyncio.open_connection(*address)
        except OSError:
            return False
        try:
            writer.write(stream.outgoing())
            while not stream.established:
                if not (data := await reader.read(READ_BYTES)):
                    return False
                stream.receive(data)
                writer.write(stream.outgoing())
            writer.writelines(stream.seal(batch) for batch in batches)
            answers = 0
            while answers < len(batches) and (data := await reader.read(READ_BYTES)):
                answers += len(stream.receive(data))
            return answers == len(batches)
        except (OSError, SealError):
            return False
        finally:
            writer.close()


def _batches(groups: Sequence[str], payload: bytes) -> list[bytes]:
    outbox = Outbox(BATCH_BYTES, BATCH_BYTES)
    for start in range(0, len(groups), GROUPS_PER_FRAME):
        outbox.append(encode_frame(Route(0, 0, 0, tuple(groups[start : start + GROUPS_PER_FRAME]), payload)))
    batches: list[bytes] = []
    while (batch := outbox.take()) is not None:
        batches.append(batch)
    return batches
