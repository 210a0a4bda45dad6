"""What has arrived and waits for the program: all conversations' feeds, behind one bounded queue.

Pure. The bound is where backpressure begins: when the program does not take events, nothing more is asked for and
nothing more acknowledged, so the server stops pushing; what was pushed in vain is fetched by seq once there is room.
Cursor notices are hints and are dropped at the bound.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from uuid import UUID

from apps.client.ordering import Feed, HistoryGap, HistoryReset
from apps.wire.frames import MAX_SYNC_EVENTS, ConversationState, CursorFrame, Events, EventView, Received, Sync

ClientEvent: TypeAlias = EventView | HistoryGap | HistoryReset | CursorFrame

MAX_SYNCS_IN_FLIGHT: Final = 4
_SYNC_REF: Final = "sync-"


class Inbox:
    """Feeds by conversation, the queue, and what is owed to the server: `sync` questions and `received` acks.

    `positions` are the last seqs the program has from earlier runs. For other conversations that exist at the first
    sign-in, `from_start` decides between their whole log and only what comes from now on.
    """

    def __init__(
        self,
        *,
        limit: int,
        repair_delay_s: float,
        received_interval_s: float,
        positions: Mapping[UUID, int] | None = None,
        from_start: bool = False,
    ) -> None:
        self._limit = limit
        self._repair_delay_s = repair_delay_s
        self._received_interval_s = received_interval_s
        self._feeds = {conversation: Feed(conversation, seq) for conversation, seq in (positions or {}).items()}
        self._from_now = not from_start
        self._queue: deque[ClientEvent] = deque()
        self._stalled: set[UUID] = set()
        self._repairs: dict[UUID, float] = {}
        self._asked: dict[str, UUID] = {}
        self._asked_count = 0
        self._handed: dict[UUID, int] = {}
        self._received: dict[UUID, int] = {}
        self._received_at = float("-inf")

    def __len__(self) -> int:
        return len(self._queue)

    def positions(self) -> dict[UUID, int]:
        """Last seq the program has, per conversation: what it may keep and give to its next run."""
        return dict(self._handed)

    def offer(self, event: EventView, now: float) -> None:
        """Take in an event, pushed or our own."""
        feed = self._feed(event.conversation)
        handed = self._handed.get(event.conversation, 0)
        if event.seq <= handed:
            # Repeated although the program has it: our word of that was lost.
            self._received[event.conversation] = handed
        if self._room == 0 or feed.conversation in self._stalled:
            feed.learn(event.seq)
        else:
            feed.offer(event)
        self._refill(feed, now)

    def note(self, cursor: CursorFrame) -> None:
        """Take in a cursor notice, when there is room."""
        if self._room:
            self._queue.append(cursor)

    def learn(self, conversation: UUID, max_seq: int, now: float) -> None:
        """Take in that a conversation has got to `max_seq`."""
        feed = self._feed(conversation)
        feed.learn(max_seq)
        self._refill(feed, now)

    def list_page(self, states: Iterable[ConversationState], now: float) -> None:
        """Take in a page of the conversation list."""
        for state in states:
            feed = self._feed(state.conversation)
            feed.begin_at(state.max_seq)
            feed.learn(state.max_seq)
            self._refill(feed, now)

    def list_done(self, now: float) -> None:
        """The whole list was seen: whatever conversation is new from here on is read from its beginning."""
        self._from_now = False
        for feed in self._feeds.values():
            feed.begin_at(None)
            self._refill(feed, now)

    def pop(self, now: float) -> ClientEvent | None:
        """Give the next item to the program and owe the server a `received` for it."""
        if not self._queue:
            return None
        item = self._queue.popleft()
        if isinstance(item, EventView):
            self._received[item.conversation] = self._handed[item.conversation] = item.seq
        elif isinstance(item, HistoryGap):
            self._handed[item.conversation] = item.to_seq
        elif isinstance(item, HistoryReset):
            self._handed[item.conversation] = 0
        for conversation in list(self._stalled):
            self._refill(self._feeds[conversation], now)
        return item

    def due_syncs(self, now: float) -> list[Sync]:
        """Return the questions to ask now and remember them as asked."""
        questions: list[Sync] = []
        if not self._may_sync:
            return questions
        for conversation in [each for each, due_at in self._repairs.items() if due_at <= now]:
            if len(self._asked) >= MAX_SYNCS_IN_FLIGHT:
                break
            del self._repairs[conversation]
            self._asked_count += 1
            ref = f"{_SYNC_REF}{self._asked_count}"
            self._asked[ref] = conversation
            limit = min(MAX_SYNC_EVENTS, self._room)
            questions.append(Sync(conversation, self._feeds[conversation].ask(), limit, ref))
        return questions

    def asked(self, ref: str) -> bool:
        """Whether `ref` marks a question of `due_syncs` that waits for its answer."""
        return ref in self._asked

    def page(self, answer: Events, now: float) -> None:
        """Take in the answer to a question of `due_syncs`."""
        feed = self._feeds[self._asked.pop(answer.ref)]
        feed.page(answer)
        self._refill(feed, now, delay_s=0.0)

    def sync_failed(self, ref: str, now: float, *, retry_after_s: float | None) -> None:
        """A question was refused: ask again later, or, with None, give the conversation up (we are not in it)."""
        conversation = self._asked.pop(ref)
        if retry_after_s is not None:
            self._repairs[conversation] = now + retry_after_s
        else:
            self._stalled.discard(conversation)
            self._received.pop(conversation, None)
            self._handed.pop(conversation, None)
            del self._feeds[conversation]

    def due_received(self, now: float) -> list[Received]:
        """Return the acks to send now: one per conversation, at most one round per interval."""
        if not self._received or now < self._received_at + self._received_interval_s:
            return []
        frames = [Received(conversation, seq) for conversation, seq in self._received.items()]
        self._received.clear()
        self._received_at = now
        return frames

    def interrupt(self, now: float) -> None:
        """The connection is gone and with it the questions under way: they are asked again over the next one."""
        for conversation in self._asked.values():
            self._repairs.setdefault(conversation, now)
        self._asked.clear()

    def wake_at(self) -> float | None:
        """When `due_syncs` or `due_received` may next have something by themselves."""
        moments = [self._received_at + self._received_interval_s] if self._received else []
        if self._may_sync and len(self._asked) < MAX_SYNCS_IN_FLIGHT:
            moments.extend(self._repairs.values())
        return min(moments, default=None)

    @property
    def _room(self) -> int:
        return max(0, self._limit - len(self._queue))

    @property
    def _may_sync(self) -> bool:
        """Ask for pages worth the trip only: with a quarter of the queue free."""
        return self._room >= max(1, self._limit // 4)

    def _feed(self, conversation: UUID) -> Feed:
        feed = self._feeds.get(conversation)
        if feed is None:
            feed = self._feeds[conversation] = Feed(conversation, None if self._from_now else 0)
        return feed

    def _refill(self, feed: Feed, now: float, *, delay_s: float | None = None) -> None:
        """Queue what the feed has next; note whether it stalls for want of room or lacks events."""
        conversation = feed.conversation
        if feed.position is not None:
            self._handed.setdefault(conversation, feed.position)
        self._queue.extend(feed.take(self._room))
        if feed.has_more:
            self._stalled.add(conversation)
        else:
            self._stalled.discard(conversation)
        if feed.missing is None:
            self._repairs.pop(conversation, None)
        elif conversation not in self._asked.values():
            self._repairs.setdefault(conversation, now + (self._repair_delay_s if delay_s is None else delay_s))
