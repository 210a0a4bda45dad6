"""Whatever senders, nodes, resends and crashes come together: no loss, no duplicate, no gap, each sender's order kept.

Real PostgreSQL, several stores on the same conversations as on several nodes, connections killed before the commit
and between commit and answer, under READ COMMITTED and SERIALIZABLE.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging.errors import Busy, Unavailable
from apps.messaging.services import conversations
from apps.messaging.store.group_commit import GroupCommitStore
from apps.messaging.store.lane import Limits, Told
from apps.messaging.store.records import Committed, Draft
from tests.messaging.messages import NOW_MS, draft_of
from tests.messaging.store.faults import Fault, faulty

MAX_TRIES = 20
Place = tuple[UUID, int]


@dataclass(frozen=True)
class Step:
    """One message: where to, through which node, and through which other ones it is sent at the same time."""

    conversation: int
    node: int
    copies: tuple[int, ...]


@dataclass(frozen=True)
class History:
    """What happens: each sender's steps, and each node's faults."""

    steps: tuple[tuple[Step, ...], ...]
    faults: tuple[tuple[Fault, ...], ...]
    max_batch: int


def histories() -> st.SearchStrategy[History]:
    node = st.integers(0, 2)
    step = st.builds(Step, st.integers(0, 1), node, st.lists(node, max_size=2).map(tuple))
    return st.builds(
        History,
        steps=st.lists(st.lists(step, min_size=1, max_size=6).map(tuple), min_size=1, max_size=6).map(tuple),
        faults=st.tuples(*(st.lists(st.sampled_from(Fault), max_size=4).map(tuple) for _ in range(3))),
        max_batch=st.integers(1, 8),
    )


class Witness:
    """Remembers what senders were answered and what members were told."""

    def __init__(self) -> None:
        self.answers: dict[bytes, set[int]] = defaultdict(set)
        self.pushed: list[list[Place]] = []
        self.heard_of: set[Place] = set()

    def listen(self) -> Callable[[Told], Awaitable[None]]:
        """What one more node tells its members with."""
        pushed: list[Place] = []
        self.pushed.append(pushed)

        async def tell(told: Told) -> None:
            pushed.extend((done.conversation_id, done.seq) for _, done in told if not done.repeated)
            self.heard_of.update((done.conversation_id, done.seq) for _, done in told)

        return tell


async def send_until_acked(stores: Sequence[GroupCommitStore], first: int, draft: Draft) -> Committed:
    """What a client does: the same id again, through any node, until there is an answer."""
    for attempt in range(MAX_TRIES):
        try:
            return await stores[(first + attempt) % len(stores)].append(draft)
        except (Unavailable, Busy):
            continue
    raise AssertionError(f"no ack after {MAX_TRIES} tries")


async def play(
    history: History, dsn: str, people: list[User], rooms: list[Conversation]
) -> tuple[Witness, list[list[Draft]]]:
    """Run a history and return the witness and each sender's drafts, in her order."""
    witness = Witness()
    stores = [
        GroupCommitStore(
            dsn,
            open_session=faulty(faults),
            tell=witness.listen(),
            limits=Limits(max_batch=history.max_batch),
        )
        for faults in history.faults
    ]
    for store in stores:
        await store.start()

    async def send_all(user: User, steps: Sequence[Step]) -> list[Draft]:
        drafts = []
        for number, step in enumerate(steps):
            draft = draft_of(user, rooms[step.conversation], f"{user.username} {number}")
            drafts.append(draft)
            ways = (step.node, *step.copies)
            for committed in await asyncio.gather(*(send_until_acked(stores, way, draft) for way in ways)):
                witness.answers[draft.message_id].add(committed.seq)
        return drafts

    try:
        sent = await asyncio.gather(
            *(send_all(user, steps) for user, steps in zip(people, history.steps, strict=False))
        )
    finally:
        for store in stores:
            await store.close()
    return witness, sent


def check(history: History, witness: Witness, sent: list[list[Draft]], dsn: str, rooms: list[Conversation]) -> None:
    """The promises of the log."""
    with psycopg.connect(dsn) as connection:
        stored = connection.execute(
            "SELECT conversation_id, seq, message_id FROM messaging_event WHERE conversation_id = ANY(%s) "
            "ORDER BY conversation_id, seq",
            ([room.pk for room in rooms],),
        ).fetchall()
        ends: dict[UUID, int] = dict(
            connection.execute(
                "SELECT conversation_id, max_seq FROM messaging_log WHERE conversation_id = ANY(%s)",
                ([room.pk for room in rooms],),
            ).fetchall()
        )
    seq_of = {message_id: (conversation_id, seq) for conversation_id, seq, message_id in stored}

    assert len(seq_of) == len(stored), "an id is stored twice"
    for room in rooms:
        seqs = [seq for conversation_id, seq, _ in stored if conversation_id == room.pk]
        assert seqs == list(range(1, ends[room.pk] + 1)), "seqs have a gap, or the log's end is wrong"
    for drafts in sent:
        for draft in drafts:
            assert draft.message_id in seq_of, "an acknowledged message is lost"
            assert witness.answers[draft.message_id] == {seq_of[draft.message_id][1]}, "an answer was another seq"
        for room in rooms:
            in_order = [seq_of[d.message_id][1] for d in drafts if d.conversation_id == room.pk]
            assert in_order == sorted(in_order), "a sender's order is not kept"
    for pushed in witness.pushed:
        for room in rooms:
            in_order = [seq for conversation_id, seq in pushed if conversation_id == room.pk]
            assert in_order == sorted(set(in_order)), "a node pushes events out of order, or twice"
    assert witness.heard_of == {place for message_id, place in seq_of.items() if message_id in witness.answers}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_every_history_ends_in_complete_logs(isolation: str, alice: User, bob: User, carol: User) -> None:
    escaped = isolation.replace(" ", "\\ ")
    dsn = make_conninfo(database.conninfo(), options=f"-c default_transaction_isolation={escaped}")
    people = [alice, bob, carol, alice, bob, carol]

    @settings(
        max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(histories())
    def run(history: History) -> None:
        rooms = [
            conversations.start_group(alice, title=f"R{i}", member_ids=[bob.id, carol.id], now_ms=NOW_MS)
            for i in range(2)
        ]

        witness, sent = asyncio.run(play(history, dsn, people, rooms))

        check(history, witness, sent, dsn, rooms)

    run()
