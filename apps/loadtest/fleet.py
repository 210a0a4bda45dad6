"""All sessions of one process: what they do with the server's frames, and what they send of themselves.

Not here: connecting, heartbeats, writing messages, the final check.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from apps.loadtest import incoming
from apps.loadtest.dialling import Dialler
from apps.loadtest.framing import handshake_key, handshake_request
from apps.loadtest.ledger import Room, Taken, View
from apps.loadtest.plan import RoomShare, WorkerPlan, is_chosen, place_of
from apps.loadtest.pulse import Pulse
from apps.loadtest.session import OPEN, Session
from apps.loadtest.speaking import Speaking, Stream
from apps.loadtest.stats import Stats
from apps.wire.frames import Platform, SignIn

REPAIR_AFTER_S: Final = 0.25
"""How long a hole may fill by itself before its events are asked for."""

SYNC_LIMIT: Final = 200
PLATFORM: Final[Platform] = "bot"


class Fleet:
    """Sessions, their views of conversations, and the timers they share."""

    def __init__(self, plan: WorkerPlan, stats: Stats) -> None:
        self.plan = plan
        self.stats = stats
        self.dialler = Dialler(plan, stats)
        self.speaking = Speaking(plan, stats)
        count = len(plan.urls)
        self.sessions = [Session(self, index, place_of(plan.first + index, count)) for index in range(len(plan.users))]
        self.open = 0
        self.rooms: dict[str, Room] = {}
        self.views: dict[str, list[View]] = {}
        self.pulse = Pulse(plan, self.sessions, stats)
        self._closing = False
        self._last_payload = b""
        self._last_frame: incoming.Frames | None = None
        self._last_stamp: tuple[int, int] | None = None
        self._handlers: dict[type[Any], Callable[[Session, Any], None]] = {
            incoming.Welcome: self._welcome,
            incoming.Heartbeat: self._heartbeat,
            incoming.Ack: self._ack,
            incoming.Event: self._event,
            incoming.Events: self._events,
            incoming.Changed: self._changed,
            incoming.Closing: self._closing_frame,
            incoming.Error: self._error,
            incoming.Cursor: self._cursor,
        }
        for share, stream in zip(plan.streams, self.speaking.streams, strict=True):
            for room in share.rooms:
                self._join(room, stream)

    def begin(self) -> None:
        """Connect everybody and keep beating."""
        self.dialler.begin(self.sessions)
        self.pulse.begin()

    def drop(self, share: float) -> None:
        """Break the connections of a share of the sessions."""
        for session in self._chosen(share):
            session.meant = True
            session.abort("dropped")

    def stop_reading(self, share: float, for_s: float) -> None:
        """Have a share of the sessions read nothing for a while."""
        chosen = [session for session in self._chosen(share) if session not in self.pulse.deaf]
        for session in chosen:
            session.stop_reading()
        self.pulse.deaf.update(chosen)
        asyncio.get_running_loop().call_later(for_s, self._read_on, chosen)

    def sync(self, session: Session, view: View, *, limit: int = SYNC_LIMIT) -> None:
        """Ask for what a view has not got, unless that is under way."""
        if not view.syncing and session.phase == OPEN:
            view.syncing = True
            room = view.room.text
            after = max(0, view.have)
            frame = f'{{"op":"sync","conversation":"{room}","after":{after},"limit":{limit},"ref":"{room}"}}'
            session.send(frame.encode())

    async def close(self) -> None:
        """End everything."""
        self._closing = True
        self.speaking.close()
        self.pulse.close()
        await self.dialler.close()
        for session in self.sessions:
            session.close()

    # What sessions ask and tell -------------------------------------------------------------------------------------

    def mask_key(self) -> bytes:
        """Return four random bytes; masking protects proxies, not secrets."""
        return random.getrandbits(32).to_bytes(4, "big")

    def request(self, session: Session) -> tuple[bytes, bytes]:
        """Return the opening request of a session."""
        key, expected = handshake_key(os.urandom(16))
        target = self.dialler.target_of(session)
        return handshake_request(target.authority, target.path, key), expected

    def upgraded(self, session: Session) -> None:
        """Sign in."""
        user = self.plan.users[session.index]
        sign_in = SignIn(
            token=user.token,
            terminal=user.terminal,
            platform=PLATFORM,
            since=session.seen_ms or None,
            redirect=self.plan.redirect and not session.detour,
        )
        session.send(msgspec.json.encode(sign_in))

    def received(self, session: Session, payload: bytes) -> None:
        """Take one frame. One that was pushed to many members is read once."""
        if payload == self._last_payload:
            frame = self._last_frame
        else:
            frame = incoming.decode(payload)
            self._last_payload, self._last_frame = payload, frame
            self._last_stamp = incoming.read_stamp(bytes(frame.body)) if isinstance(frame, incoming.Event) else None
        handler = self._handlers.get(type(frame))
        if handler is None:
            self.stats.count("unknown_frames")
        else:
            handler(session, frame)

    def ended(self, session: Session, reason: str) -> None:
        """A connection is over."""
        was_open = session.beats >= 0
        if was_open:
            self.open -= 1
        session.beats = -1
        self.pulse.deaf.discard(session)
        if self._closing:
            return
        if not session.meant:
            self.stats.count(f"{'ended' if was_open else 'failed'}:{reason}")
        session.meant = False
        if not session.detour and reason == "1006":
            session.place = (session.place + 1) % len(self.dialler.targets)
        self.dialler.ended(session, reason, was_open=was_open)

    # Frames ----------------------------------------------------------------------------------------------------------

    def _welcome(self, session: Session, frame: incoming.Welcome) -> None:
        session.phase = OPEN
        session.detour = ""
        session.seen_ms = frame.time
        session.beats = 0
        self.open += 1
        self.stats.count("signed_in")
        self.stats.sign_in.record((time.monotonic_ns() - session.began_ns) // 1000)
        self.dialler.signed_in(session)
        if session.views:
            self._resume(session, session.views, frame)
        self.speaking.signed_in(session)

    def _resume(self, session: Session, views: dict[str, View], frame: incoming.Welcome) -> None:
        ends = {state.conversation: state.max_seq for state in frame.changed}
        for view in views.values():
            view.syncing = False
            if frame.start_over or ends.get(view.room.text, -1) > view.have >= 0:
                self.sync(session, view)

    def _heartbeat(self, session: Session, frame: incoming.Heartbeat) -> None:
        session.beats = 0
        session.seen_ms = frame.time
        self.pulse.answered(session)

    def _ack(self, session: Session, frame: incoming.Ack) -> None:
        session.seen_ms = frame.time
        view = session.views.get(frame.conversation) if session.views else None
        if view is not None:
            self._take(session, view, frame.seq, frame.id)
        self.speaking.acked(frame, time.monotonic_ns())

    def _event(self, session: Session, frame: incoming.Event) -> None:
        session.seen_ms = frame.time
        view = session.views.get(frame.conversation) if session.views else None
        if view is None or view.have < 0:
            self.stats.count("untracked")
            return
        if self._take(session, view, frame.seq, frame.id) is Taken.REPEATED:
            self.stats.count("repeated")
        else:
            stamped = self._last_stamp
            if stamped is not None and stamped[1] == self.plan.run:
                self.stats.count("delivered")
                self.stats.delivery.record((time.monotonic_ns() - stamped[0]) // 1000)
        self.pulse.owe(view)

    def _events(self, session: Session, frame: incoming.Events) -> None:
        view = session.views.get(frame.conversation) if session.views else None
        if view is None:
            return
        view.syncing = False
        if view.have < 0:
            self.begin_room(view.room, frame.max_seq)
            return
        if frame.gap_to or frame.start_over:
            self.stats.count("gaps")
        for event in frame.events:
            if view.take(event.seq, event.id) is Taken.NEW:
                self.stats.count("pulled")
        view.room.reach(frame.max_seq)
        if frame.more:
            self.sync(session, view)

    def begin_room(self, room: Room, max_seq: int) -> None:
        """The log of a conversation is known to end here before this run."""
        room.begin(max_seq)
        for view in self.views[room.text]:
            view.have = max_seq

    def _changed(self, session: Session, frame: incoming.Changed) -> None:
        self.stats.count("changed")
        view = session.views.get(frame.conversation) if session.views else None
        if view is not None and frame.max_seq > view.have >= 0:
            self.sync(session, view)

    def _cursor(self, session: Session, frame: incoming.Cursor) -> None:
        self.stats.count("cursors")

    def _closing_frame(self, session: Session, frame: incoming.Closing) -> None:
        self.stats.count(f"closing:{frame.reason}")
        if frame.reason == "redirect":
            session.detour, session.meant = frame.url, True
        # Its code is that of a bad token, but the token is good: this process or the server was too slow.
        if frame.retry_after_ms or frame.reason == "sign_in_timeout":
            self.dialler.told_to_wait(session, frame.retry_after_ms)

    def _error(self, session: Session, frame: incoming.Error) -> None:
        self.stats.count(f"error:{frame.code}")
        pause_s = max(REPAIR_AFTER_S, frame.retry_after_ms / 1000)
        if frame.id:
            self.speaking.refused(frame)
        elif frame.ref and session.views and (view := session.views.get(frame.ref)) is not None:
            view.syncing = False
            asyncio.get_running_loop().call_later(pause_s, self._repair, session, view, view.room.head)
        elif frame.retry and session.phase != OPEN:
            asyncio.get_running_loop().call_later(pause_s, self._sign_in_again, session)

    # Helpers -------------------------------------------------------------------------------------------------------

    def _take(self, session: Session, view: View, seq: int, message_id: str) -> Taken:
        taken = view.take(seq, message_id)
        if taken is Taken.EARLY:
            self.stats.count("early")
            asyncio.get_running_loop().call_later(REPAIR_AFTER_S, self._repair, session, view, seq)
        return taken

    def _repair(self, session: Session, view: View, seq: int) -> None:
        """Ask for what this event still waits for. In a busy conversation something newer is always on its way."""
        if view.have < seq:
            self.sync(session, view)

    def _sign_in_again(self, session: Session) -> None:
        if session.phase != OPEN:
            self.upgraded(session)

    def _read_on(self, sessions: list[Session]) -> None:
        for session in sessions:
            if session in self.pulse.deaf:
                self.pulse.deaf.discard(session)
                session.go_on_reading()

    def _chosen(self, share: float) -> list[Session]:
        first = self.plan.first
        return [s for s in self.sessions if s.phase == OPEN and is_chosen(first + s.index, share)]

    def _join(self, share: RoomShare, stream: Stream) -> None:
        text = str(share.conversation)
        room = self.rooms.setdefault(text, Room(share.conversation))
        views = self.views.setdefault(text, [])
        for user in range(share.first, share.stop):
            session = self.sessions[user - self.plan.first]
            if session.views is None:
                session.views = {}
            view = session.views.get(text)
            if view is None:
                view = session.views[text] = View(room, session.index)
                views.append(view)
            if user < share.speakers_stop:
                self.speaking.add(session, view, stream)
