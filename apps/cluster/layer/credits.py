"""How many messages of this node wait in channels elsewhere: so that `send` knows when such a channel is full.

A sender may have as many messages in a channel elsewhere as the channel's capacity; the node where the channel lives
says when they are taken out. With several senders that node may have to drop what is beyond its capacity.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ACCOUNTS_MAX: Final = 65_536
"""Channels elsewhere in which messages of this node wait; for one more the one counted longest is forgotten, as nobody
gives back what was sent to a channel that is gone. Its home still holds it to its capacity."""


@dataclass(slots=True)
class _Account:
    """Messages sent to one channel and not taken yet, and when that last changed for the better."""

    waiting: int
    progress: float


class Credits:
    """By channel. What nobody has taken within `expiry` seconds has expired there, or was lost on the way."""

    def __init__(self, expiry: float, clock: Callable[[], float]) -> None:
        self._expiry = expiry
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    def __len__(self) -> int:
        return len(self._accounts)

    def take(self, channel: str, capacity: int) -> bool:
        """Count one more message; False, and it must not be sent, when the channel is full."""
        account = self._accounts.get(channel)
        if account is None:
            self._accounts[channel] = _Account(1, self._clock())
            if len(self._accounts) > ACCOUNTS_MAX:
                del self._accounts[next(iter(self._accounts))]
            return True
        if account.waiting >= capacity:
            now = self._clock()
            if now - account.progress < self._expiry:
                return False
            account.waiting, account.progress = 0, now
        account.waiting += 1
        return True

    def give_back(self, channel: str, count: int) -> None:
        """So many messages were taken out of the channel."""
        account = self._accounts.get(channel)
        if account is None:
            return
        account.waiting -= count
        account.progress = self._clock()
        if account.waiting <= 0:
            del self._accounts[channel]

    def clear(self) -> None:
        """Forget everything: links have broken or channels have moved, so nobody would ever give it back."""
        self._accounts.clear()
