"""Every acknowledged message is stored once, in order, and seen once, in order, whatever is killed meanwhile."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest

from apps.wire.ids import encode_message_id
from tests.resilience.installation import Installation, installation
from tests.resilience.traffic import Person, Traffic

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("resilience")]

NODE_DEATHS = 4


@dataclass(frozen=True)
class Stored:
    """One row of the log."""

    conversation: UUID
    seq: int
    id: str
    kind: str
    sender: UUID
    body: bytes


@pytest.fixture(scope="module")
def site() -> Iterator[Installation]:
    with installation() as running:
        yield running


@asynccontextmanager
async def traffic_on(site: Installation) -> AsyncIterator[Traffic]:
    """Traffic during the block; afterwards everything that was promised is checked."""
    traffic = Traffic(site)
    try:
        await traffic.start()
        await traffic.more_acks(20)
        yield traffic
        await traffic.more_acks(30)
        await traffic.stop()
        logs = stored_logs(site)
        await traffic.everybody_saw({conversation: log[-1].seq for conversation, log in logs.items()})
        for person in traffic.people:
            assert_promises_kept(person, logs, run=traffic.run)
        for log in logs.values():
            assert_log_sound(log)
    except TimeoutError:
        pytest.fail(f"stuck; the node's last words:\n{site.log_tail()}")
    finally:
        await traffic.close()


def stored_logs(site: Installation) -> dict[UUID, list[Stored]]:
    logs: dict[UUID, list[Stored]] = defaultdict(list)
    rows = site.query(
        "SELECT conversation_id, seq, message_id, kind, sender_id, body FROM messaging_event "
        "ORDER BY conversation_id, seq"
    )
    for conversation, seq, message_id, kind, sender, body in rows:
        row = Stored(conversation, seq, encode_message_id(message_id), kind, sender, body)  # type: ignore[arg-type]
        logs[row.conversation].append(row)
    return logs


def assert_log_sound(log: list[Stored]) -> None:
    assert [row.seq for row in log] == list(range(1, len(log) + 1)), "a gap or a repeated seq"
    assert len({row.id for row in log}) == len(log), "a message stored twice"


def assert_promises_kept(person: Person, logs: dict[UUID, list[Stored]], *, run: str) -> None:
    assert person.surprises == []
    assert person.rooms == set(person.acks) == set(person.seen)
    assert len(person.rooms) >= 2
    for conversation, acks in person.acks.items():
        by_id = {row.id: row for row in logs[conversation]}
        for text, ack in acks:
            assert by_id[ack.id].seq == ack.seq
            assert json.loads(by_id[ack.id].body) == {"text": text}
        own = [
            json.loads(row.body)["text"]
            for row in logs[conversation]
            if row.sender == person.user and row.kind == "text"
        ]
        assert [text for text in own if f" {run} " in text] == [text for text, _ in acks], "lost, doubled or moved"
    for conversation, events in person.seen.items():
        log = logs[conversation]
        assert [event.seq for event in events] == [row.seq for row in log], "missed, repeated or out of order"
        assert [(event.id, event.kind, event.sender) for event in events] == [
            (row.id, row.kind, row.sender) for row in log
        ]
        assert [json.loads(bytes(event.body)) for event in events] == [json.loads(row.body) for row in log]


async def test_killing_the_node_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        for death in range(NODE_DEATHS):
            await traffic.more_acks(17 + 7 * death)
            site.kill_node()
            site.start_node()
        await asyncio.to_thread(site.await_node)


async def test_killing_postgresql_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        for _ in range(2):
            await traffic.more_acks(25)
            site.kill_postgres()
            await asyncio.to_thread(site.start_postgres)


async def test_killing_both_at_once_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        await traffic.more_acks(10)
        site.kill_postgres()
        site.kill_node()
        await asyncio.to_thread(site.start_postgres)
        site.start_node()
        await asyncio.to_thread(site.await_node)


async def test_a_polite_restart_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        exit_code = await asyncio.to_thread(site.terminate_node)
        site.start_node()
        await asyncio.to_thread(site.await_node)
        await traffic.more_acks(10)

    assert exit_code == 0
