"""Which channels are in which groups, in this process's memory. A stay ends after its time unless it is renewed.

Every method may be called from any thread. Not here: other processes, and what is sent.
"""

import threading
from collections.abc import Callable, Iterable


class Group(dict[str, float]):
    """Channels and when they joined. Before `check_at` none of them has stayed too long."""

    __slots__ = ("check_at",)

    def __init__(self, check_at: float) -> None:
        super().__init__()
        self.check_at = check_at


class Memberships:
    """Channels by group. `expiry` (seconds) is how long one stays in a group, unless `stays` says that it does so."""

    def __init__(self, expiry: float, stays: Callable[[str], bool], clock: Callable[[], float]) -> None:
        self._expiry = expiry
        self._stays = stays
        self._clock = clock
        self._lock = threading.RLock()
        self._groups: dict[str, Group] = {}
        self._channels: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, group: str) -> bool:
        return group in self._groups

    def groups(self) -> tuple[str, ...]:
        """Return the groups that have channels."""
        return tuple(self._groups)

    def channels(self) -> tuple[str, ...]:
        """Return the channels that are in groups."""
        return tuple(self._channels)

    def groups_of(self, channel: str) -> list[str]:
        """Return the groups a channel is in."""
        return sorted(self._channels.get(channel, ()))

    def add(self, group: str, channel: str) -> None:
        """Put a channel into a group; again renews its stay."""
        with self._lock:
            now = self._clock()
            members = self._groups.get(group)
            if members is None:
                members = self._groups[group] = Group(now + self._expiry)
            members[channel] = now
            self._channels.setdefault(channel, set()).add(group)

    def discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; nothing happens when it is not in it."""
        with self._lock:
            members = self._groups.get(group)
            if members is None or members.pop(channel, None) is None:
                return
            if not members:
                del self._groups[group]
            joined = self._channels[channel]
            joined.discard(group)
            if not joined:
                del self._channels[channel]

    def discard_channel(self, channel: str) -> list[str]:
        """Take a channel out of all its groups; return those."""
        with self._lock:
            groups = self.groups_of(channel)
            for group in groups:
                self.discard(group, channel)
            return groups

    def members(self, group: str) -> list[str]:
        """Return the channels of a group whose time is not over."""
        with self._lock:
            return self._present(group, self._clock())

    def by_channel(self, groups: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
        """Return who is in many groups: each channel with those of them it is in, and the groups that have none."""
        found: dict[str, list[str]] = {}
        empty = []
        with self._lock:
            now = self._clock()
            for group in groups:
                present = self._present(group, now)
                if not present:
                    empty.append(group)
                for channel in present:
                    found.setdefault(channel, []).append(group)
        return found, empty

    def _present(self, group: str, now: float) -> list[str]:
        members = self._groups.get(group)
        if members is None:
            return []
        if now >= members.check_at:
            self._discard_stale(group, members, now)
        return list(members)

    def _discard_stale(self, group: str, members: Group, now: float) -> None:
        limit = now - self._expiry
        for channel, joined in list(members.items()):
            if joined <= limit and not self._stays(channel):
                self.discard(group, channel)
        times = [joined for channel, joined in members.items() if joined > limit]
        members.check_at = min(times, default=now) + self._expiry

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups.clear()
            self._channels.clear()
