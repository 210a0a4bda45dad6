"""What sessions send of themselves: heartbeats, and the acknowledgement of what they received.

One timer beats for all sessions of a process: each tenth of a second another part of them sends its heartbeat, and
another part acknowledges what it received, for people do not do so in step. How late the timer is tells whether this
process is too slow for its load.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from apps.loadtest.framing import TEXT, client_frame
from apps.loadtest.ledger import View
from apps.loadtest.plan import WorkerPlan
from apps.loadtest.session import OPEN, Session
from apps.loadtest.stats import Stats

BEAT_S: Final = 0.1
READ_EVERY_TICKS: Final = 20
"""Every two seconds people read what came just then. Were nothing ever read, unread counts would grow to their cap, and
each resuming session would cost the database more than any real one."""

SILENT_BEATS: Final = 3
"""After so many heartbeats without an answer a connection is taken for dead."""

HEARTBEAT: Final = b'{"op":"heartbeat"}'


class Pulse:
    """The shared timer. `deaf`: sessions that read nothing just now, so silence is no sign of death."""

    def __init__(self, plan: WorkerPlan, sessions: Sequence[Session], stats: Stats) -> None:
        self.deaf: set[Session] = set()
        self._sessions = sessions
        self._stats = stats
        self._beat = 0
        self._ticks = 0
        self._parts = max(1, round(plan.heartbeat_s / BEAT_S))
        self._sent_ns = [0] * self._parts
        self._owed: list[list[View]] = [[] for _ in range(max(1, round(plan.acknowledge_s / BEAT_S)))]
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Beat from now on."""
        self._due = time.monotonic() + BEAT_S
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._tick)

    def close(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()

    def answered(self, session: Session) -> None:
        """A heartbeat of this session came back."""
        session.beats = 0
        sent_ns = self._sent_ns[session.index % self._parts]
        self._stats.heartbeat.record((time.monotonic_ns() - sent_ns) // 1000)

    def owe(self, view: View) -> None:
        """Something was received that must be acknowledged soon."""
        if not view.dirty:
            view.dirty = True
            self._owed[view.member % len(self._owed)].append(view)

    def _tick(self) -> None:
        now = time.monotonic()
        self._stats.client_lag.record(int((now - self._due) * 1_000_000))
        # Beats that came too late are made up for: the interval must not grow with this process's own delays, or the
        # server would take its sessions for silent.
        missed = max(0, min(int((now - self._due) / BEAT_S), self._parts - 1))
        for _ in range(1 + missed):
            self._beat_part()
        self._due = max(self._due + (1 + missed) * BEAT_S, now)
        self._timer = asyncio.get_running_loop().call_later(self._due - now, self._tick)
        self._acknowledge(self._ticks)
        self._ticks += 1

    def _beat_part(self) -> None:
        part = self._beat % self._parts
        self._beat += 1
        self._sent_ns[part] = time.monotonic_ns()
        for session in self._sessions[part :: self._parts]:
            if session.phase == OPEN:
                self._beat_of(session)

    def _beat_of(self, session: Session) -> None:
        if session.beats >= SILENT_BEATS and session not in self.deaf:
            session.abort("silent")
            return
        session.beats += 1
        session.send(HEARTBEAT)

    def _acknowledge(self, tick: int) -> None:
        """One part of the members says how far it has everything; the same words of many are put into a frame once."""
        parts = len(self._owed)
        owed, self._owed[tick % parts] = self._owed[tick % parts], []
        is_read = (tick // parts + 1) % max(1, READ_EVERY_TICKS // parts) == 0
        last, frame = ("", -1), b""
        for view in owed:
            view.dirty = False
            session = self._sessions[view.member]
            if session.phase != OPEN:
                continue
            if last != (view.room.text, view.have):
                last = view.room.text, view.have
                frame = client_frame(TEXT, _position(view, is_read=is_read), session.owner.mask_key())
            session.send_frame(frame)


def _position(view: View, *, is_read: bool) -> bytes:
    op = "read" if is_read else "received"
    return f'{{"op":"{op}","conversation":"{view.room.text}","seq":{view.have}}}'.encode()
