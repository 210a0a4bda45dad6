"""What traffic was promised, and whether it was kept: compared with the database and with what everybody saw."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from apps.wire.ids import encode_message_id
from tests.resilience.traffic import Person, Server, Traffic


class Site(Server, Protocol):
    """An installation under test."""

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class Stored:
    """One row of the log."""

    conversation: UUID
    seq: int
    id: str
    kind: str
    sender: UUID
    body: bytes


@asynccontextmanager
async def traffic_on(site: Site) -> AsyncIterator[Traffic]:
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
    finally:
        await traffic.close()


def stored_logs(site: Site) -> dict[UUID, list[Stored]]:
    logs: dict[UUID, list[Stored]] = defaultdict(list)
    rows = site.query(
        "SELECT conversation_id, seq, message_id, kind, sender_id, body FROM messaging_event "
        "ORDER BY conversation_id, seq"
    )
    for conversation, seq, message_id, kind, sender, body in rows:
        row = Stored(conversation, seq, encode_message_id(message_id), kind, sender, body)
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
