"""What a leader knows of one member's log, and what it may send it now (etcd's three states of progress).

PROBE: where the logs are the same is not known yet; one append at a time, until an answer tells. REPLICATE: appends
follow each other without waiting, up to a bound. SNAPSHOT: the member needs what is no longer in the log; nothing is
sent until it has it, or until that takes too long.
"""

from collections import deque
from enum import Enum

from apps.cluster.core.raft.config import RaftConfig


class Stage(Enum):
    """How entries are sent to a member."""

    PROBE = "probe"
    REPLICATE = "replicate"
    SNAPSHOT = "snapshot"


class Progress:
    """One member as its leader sees it. `match < next`; everything up to `match` is on that member's disk."""

    def __init__(self, config: RaftConfig, following: int) -> None:
        self.match = 0
        self.next = following
        self.stage = Stage.PROBE
        self.sent_commit = 0
        self.acked_ms: int | None = None
        self.applied = 0
        self._config = config
        self._probed = False
        self._urgent = False
        self._inflight: deque[tuple[int, int]] = deque()
        self._inflight_bytes = 0
        self._snapshot_index = 0
        self._snapshot_ms = 0

    @property
    def paused(self) -> bool:
        """Whether nothing may be sent now, not even an empty append."""
        match self.stage:
            case Stage.PROBE:
                return self._probed
            case Stage.SNAPSHOT:
                return True
            case _:
                return (
                    len(self._inflight) >= self._config.max_inflight
                    or self._inflight_bytes >= self._config.max_inflight_bytes
                )

    def wants(self, last_index: int, commit: int) -> bool:
        """Whether an append should go now: for entries, for the news of a commit, or to ask where the logs agree."""
        if self.paused:
            return False
        return self.next <= last_index or self._urgent or self.sent_commit < commit or self.stage is Stage.PROBE

    def sent(self, last: int, size_bytes: int, commit: int) -> None:
        """An append went out whose last entry is `last` (`next - 1`: it was empty)."""
        self.sent_commit = commit
        self._urgent = False
        if self.stage is Stage.PROBE:
            self._probed = True
        elif last >= self.next:
            self.next = last + 1
            self._inflight.append((last, size_bytes))
            self._inflight_bytes += size_bytes

    def sent_snapshot(self, index: int, now_ms: int) -> None:
        """A snapshot went out."""
        self._enter(Stage.SNAPSHOT)
        self._snapshot_index, self._snapshot_ms = index, now_ms

    def accepted(self, index: int) -> bool:
        """The member has everything up to `index`. Returns whether that is news."""
        while self._inflight and self._inflight[0][0] <= index:
            self._inflight_bytes -= self._inflight.popleft()[1]
        news = index > self.match
        self.match = max(self.match, index)
        self.next = max(self.next, index + 1)
        if self.stage is Stage.PROBE or (self.stage is Stage.SNAPSHOT and index >= self._snapshot_index):
            self._enter(Stage.REPLICATE)
            self.next = self.match + 1
        return news

    def refused(self, index: int, hint: int) -> bool:
        """The member's log is another one at `index`; go back to `hint`. Returns whether that is news."""
        if self.stage is Stage.REPLICATE and index > self.match:
            self._enter(Stage.PROBE)
            self.next = self.match + 1
            return True
        if self.stage is Stage.PROBE and index == self.next - 1:
            self.next = max(min(index, hint + 1), self.match + 1)
            self._probed = False
            return True
        return False

    def beat(self, last_index: int, now_ms: int) -> None:
        """The member answered a heartbeat: what was sent before and is not answered may be lost."""
        self._probed = False
        if self.stage is Stage.SNAPSHOT and now_ms - self._snapshot_ms >= self._config.snapshot_retry_ms:
            self._enter(Stage.PROBE)
            self.next = self.match + 1
        if self.match < last_index:
            self._urgent = True
            if self.stage is Stage.REPLICATE and self.paused:
                self._inflight_bytes -= self._inflight.popleft()[1]

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._probed = False
        self._urgent = False
        self._inflight.clear()
        self._inflight_bytes = 0
