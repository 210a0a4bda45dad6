"""A lane alone: what it does with answers, outages, races, poison and bounds. Its session is a scripted port."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest

from apps.messaging.errors import Busy, ConversationNotFound, Unavailable
from apps.messaging.store.lane import Lane, Limits, Told
from apps.messaging.store.records import NOBODY, Committed, Draft, Outcome
from apps.wire.ids import ConversationId, TenantId, UserId
from tests.metrics.measured import Measured

ROOM = ConversationId(UUID(int=1))


def draft(text: str) -> Draft:
    return Draft(TenantId(UUID(int=2)), UserId(UUID(int=3)), ROOM, text.encode(), "text", text.encode())


def committed(item: Draft, *, repeated: bool = False) -> Committed:
    return Committed(item.message_id, ROOM, int(item.body or b"0"), 0, repeated, NOBODY, 0)


class ScriptedSession:
    """Answers each batch by the next entry: an error to raise, or a function of the drafts."""

    def __init__(self, *script: Exception | Callable[[Sequence[Draft]], list[Outcome]]) -> None:
        self.script = list(script)
        self.batches: list[list[bytes]] = []
        self.again: list[bool] = []
        self.outcome_unknown = False
        self.closed = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(self, drafts: Sequence[Draft], *, now_ms: object, again: bool = False) -> list[Outcome]:
        self.batches.append([item.message_id for item in drafts])
        self.again.append(again)
        await self.gate.wait()
        entry = self.script.pop(0) if self.script else None
        self.outcome_unknown = isinstance(entry, psycopg.OperationalError) and "unknown" in str(entry)
        if isinstance(entry, Exception):
            raise entry
        return entry(drafts) if entry else [committed(item) for item in drafts]

    async def close(self) -> None:
        self.closed = True


class Heard:
    """What members were told."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.repeated: list[bool] = []
        self.fails = False

    async def __call__(self, told: Told) -> None:
        if self.fails:
            self.fails = False
            raise RuntimeError("layer is away")
        self.ids.extend(item.message_id for item, _ in told)
        self.repeated.extend(outcome.repeated for _, outcome in told)


@asynccontextmanager
async def lane_on(session: ScriptedSession, heard: Heard | None = None, **limits: float) -> AsyncIterator[Lane]:
    async def connect() -> ScriptedSession:
        session.closed = False
        return session

    lane = Lane(
        connect=connect,  # type: ignore[arg-type]
        tell=heard or Heard(),
        now_ms=lambda: 0,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )
    lane.start()
    yield lane
    await lane.close(drain_s=1.0)


async def test_what_gathers_during_a_commit_goes_into_the_next_one() -> None:
    session = ScriptedSession()
    async with lane_on(session, max_batch=3) as lane:
        session.gate.clear()
        futures = [lane.submit(draft("1"))]
        while not session.batches:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0)
        futures += [lane.submit(draft(text)) for text in ("2", "3", "4", "5")]
        session.gate.set()
        seqs = [outcome.seq for outcome in await asyncio.gather(*futures)]

    assert seqs == [1, 2, 3, 4, 5]
    assert session.batches == [[b"1"], [b"2", b"3", b"4"], [b"5"]]


async def test_who_sends_in_the_same_turn_of_the_loop_shares_the_transaction() -> None:
    session = ScriptedSession()
    async with lane_on(session) as lane:
        loop = asyncio.get_running_loop()
        first, second = lane.submit(draft("1")), loop.create_future()
        loop.call_soon(lambda: lane.submit(draft("2")).add_done_callback(second.set_result))

        await asyncio.gather(first, second)

    assert session.batches == [[b"1", b"2"]]


async def test_batches_and_waits_are_measured() -> None:
    measured = Measured()
    session = ScriptedSession(psycopg.errors.DeadlockDetected(), psycopg.errors.AdminShutdown())
    async with lane_on(session) as lane:
        session.gate.clear()
        futures = [lane.submit(draft(text)) for text in ("1", "2", "3")]
        await asyncio.sleep(0)
        waiting = lane.waiting
        session.gate.set()
        await asyncio.gather(*futures)

    assert (waiting, lane.waiting, lane.untold) == (3, 0, 0)
    assert measured.grown("im_store_batch_messages") == 1
    assert measured.grown("im_store_commit_seconds") == 1
    assert measured.grown("im_store_wait_seconds") == 3
    assert measured.grown("im_store_retries_total", "race") == 1
    assert measured.grown("im_store_retries_total", "outage") == 1


async def test_a_batch_is_bounded_in_bytes_too() -> None:
    session = ScriptedSession()
    async with lane_on(session, max_batch_bytes=2) as lane:
        await asyncio.gather(*(lane.submit(draft(text)) for text in ("11", "2", "3", "4")))

    assert session.batches == [[b"11"], [b"2", b"3"], [b"4"]]


async def test_refusals_reach_their_sender_only_and_nobody_else() -> None:
    session = ScriptedSession(lambda drafts: [committed(drafts[0]), ConversationNotFound(conversation="x")])
    heard = Heard()
    async with lane_on(session, heard) as lane:
        fine, refused = lane.submit(draft("1")), lane.submit(draft("2"))

        assert (await fine).seq == 1
        with pytest.raises(ConversationNotFound):
            await refused

    assert heard.ids == [b"1"]


async def test_repetitions_are_handed_on_as_such() -> None:
    session = ScriptedSession(lambda drafts: [committed(drafts[0], repeated=True)])
    heard = Heard()
    async with lane_on(session, heard) as lane:
        assert (await lane.submit(draft("1"))).repeated

    assert heard.ids == [b"1"]
    assert heard.repeated == [True]


async def test_what_was_committed_without_an_answer_is_told() -> None:
    session = ScriptedSession(
        psycopg.OperationalError("outcome unknown"), lambda drafts: [committed(drafts[0], repeated=True)]
    )
    heard = Heard()
    async with lane_on(session, heard) as lane:
        await lane.submit(draft("1"))

    assert heard.ids == [b"1"]
    assert heard.repeated == [True]
    assert session.again == [False, True]


async def test_what_was_committed_without_an_answer_is_told_though_the_sender_has_gone() -> None:
    session = ScriptedSession(psycopg.OperationalError("outcome unknown"))
    heard = Heard()
    async with lane_on(session, heard) as lane:
        session.gate.clear()
        future = lane.submit(draft("1"))
        while not session.batches:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0)
        future.cancel()
        session.gate.set()

    assert heard.ids == [b"1"]


async def test_nobody_writes_for_a_sender_who_has_gone_before() -> None:
    session = ScriptedSession()
    async with lane_on(session) as lane:
        lane.submit(draft("1")).cancel()
        await lane.submit(draft("2"))

    assert session.batches == [[b"2"]]


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.SerializationFailure(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.UniqueViolation(),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.ReadOnlySqlTransaction(),
        psycopg.InterfaceError("connection is closed"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_races_and_outages_run_the_whole_batch_again_in_order(error: Exception) -> None:
    session = ScriptedSession(error, error)
    async with lane_on(session) as lane:
        await asyncio.gather(*(lane.submit(draft(text)) for text in ("1", "2", "3")))

    assert session.batches == [[b"1", b"2", b"3"]] * 3
    assert session.again == [False, True, True]


async def test_a_poisonous_draft_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    def poisoned(drafts: Sequence[Draft]) -> list[Outcome]:
        if any(item.message_id == b"3" for item in drafts):
            raise psycopg.errors.InvalidTextRepresentation("poison")
        return [committed(item) for item in drafts]

    session = ScriptedSession(*[poisoned] * 20)
    async with lane_on(session) as lane:
        results = await asyncio.gather(
            *(lane.submit(draft(text)) for text in ("1", "2", "3", "4", "5")), return_exceptions=True
        )

    assert [type(result) for result in results] == [Committed] * 2 + [psycopg.errors.InvalidTextRepresentation] + [
        Committed
    ] * 2
    assert "can't be committed" in caplog.text


async def test_a_race_without_end_halves_the_batch_and_gives_up() -> None:
    session = ScriptedSession(*[psycopg.errors.UniqueViolation()] * 6)
    async with lane_on(session, max_races=1) as lane:
        results = await asyncio.gather(*(lane.submit(draft(text)) for text in ("1", "2")), return_exceptions=True)

    assert [type(result) for result in results] == [Unavailable, Unavailable]
    assert session.batches == [[b"1", b"2"]] * 2 + [[b"1"]] * 2 + [[b"2"]] * 2


async def test_a_full_queue_refuses_at_once() -> None:
    session = ScriptedSession()
    async with lane_on(session, max_queue=2) as lane:
        waiting = [lane.submit(draft("1")), lane.submit(draft("2"))]

        with pytest.raises(Busy):
            lane.submit(draft("3"))

        assert [outcome.seq for outcome in await asyncio.gather(*waiting)] == [1, 2]


async def test_bodies_that_wait_are_bounded_in_bytes_and_leave_room_once_taken() -> None:
    session = ScriptedSession()
    async with lane_on(session, max_queue_bytes=4) as lane:
        first = lane.submit(draft("1234"))

        with pytest.raises(Busy):
            lane.submit(draft("5"))
        await first

        assert (await lane.submit(draft("5"))).seq == 5


async def test_who_waits_too_long_is_told_so_and_the_queue_is_cleared() -> None:
    session = ScriptedSession()
    async with lane_on(session, wait_s=0.0, max_batch=1) as lane:
        session.gate.clear()
        in_flight, queued = lane.submit(draft("1")), lane.submit(draft("2"))
        while not session.batches:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0)

        lane.expire()

        for future in (in_flight, queued):
            with pytest.raises(Unavailable):
                await future
        session.gate.set()

    assert session.batches == [[b"1"]]


async def test_nobody_is_expired_early() -> None:
    session = ScriptedSession()
    async with lane_on(session) as lane:
        future = lane.submit(draft("1"))

        lane.expire()

        assert (await future).seq == 1


async def test_a_failing_layer_does_not_stop_the_lane(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    heard.fails = True
    async with lane_on(ScriptedSession(), heard) as lane:
        await lane.submit(draft("1"))
        await lane.submit(draft("2"))

    assert heard.ids == [b"2"]
    assert "telling members of 1 events failed" in caplog.text


async def test_closing_commits_what_waits() -> None:
    session = ScriptedSession()
    async with lane_on(session, max_batch=1) as lane:
        futures = [lane.submit(draft(text)) for text in ("1", "2", "3")]

    assert [future.result().seq for future in futures] == [1, 2, 3]
    assert session.closed


async def test_closing_gives_up_after_its_time(caplog: pytest.LogCaptureFixture) -> None:
    session = ScriptedSession()
    session.gate.clear()
    async with lane_on(session, max_batch=1) as lane:
        futures = [lane.submit(draft(text)) for text in ("1", "2")]
        with caplog.at_level(logging.WARNING):
            await lane.close(drain_s=0.01)

        for future in futures:
            with pytest.raises(Unavailable):
                await future
    assert "could not be committed" in caplog.text
