"""Who writes what and when."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from apps.loadtest import speaking
from apps.loadtest.fleet import Fleet
from apps.loadtest.scenario import Traffic
from tests.loadtest.wires import FakeTransport, eventually, fleet, say, sign_in, upgrade

SATURATED = [Traffic(size=4, conversations=1)]
FAST = [Traffic(size=4, conversations=1, rate_per_s=1000)]


async def begun(traffic: list[Traffic]) -> tuple[Fleet, FakeTransport]:
    one = fleet(traffic=traffic)
    transport = sign_in(one.sessions[0])
    one.begin_room(next(iter(one.rooms.values())), 0)
    return one, transport


@pytest.fixture
async def saturated() -> AsyncIterator[tuple[Fleet, FakeTransport]]:
    one, transport = await begun(SATURATED)
    one.speaking.set_load(1)
    yield one, transport
    one.speaking.close()


def acknowledge(one: Fleet, message: dict[str, str], seq: int) -> None:
    say(one.sessions[0], op="ack", id=message["id"], conversation=message["conversation"], seq=seq, time=5)


async def test_an_ack_is_timed_and_brings_the_next_message(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()

    acknowledge(one, first, 1)
    (second,) = transport.texts()

    assert first["op"] == second["op"] == "send"
    assert first["id"] != second["id"]
    assert len(first["body"]["text"]) == 189
    assert one.stats.counts["acked"] == 1
    assert one.stats.ack.count == 1
    assert next(iter(one.rooms.values())).acked == 1


async def test_without_load_nothing_follows(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()
    one.speaking.set_load(0)

    acknowledge(one, first, 1)

    assert transport.texts() == []
    assert one.speaking.outstanding == {}


async def test_a_repeated_ack_counts_once(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()

    acknowledge(one, first, 1)
    acknowledge(one, first, 1)

    assert one.stats.counts["acked"] == 1
    assert one.stats.counts["repeated_acks"] == 1


async def test_an_earlier_seq_for_a_later_message_is_noticed(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()
    acknowledge(one, first, 5)
    (second,) = transport.texts()

    acknowledge(one, second, 4)

    assert one.stats.counts["reordered"] == 1


async def test_a_refusal_for_good_is_counted_and_the_next_follows(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()

    say(one.sessions[0], op="error", code="invalid_body", id=first["id"])
    (second,) = transport.texts()

    assert second["id"] != first["id"]
    assert one.stats.counts["refused"] == 1


async def test_a_refusal_for_now_repeats_the_same_message(
    saturated: tuple[Fleet, FakeTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, transport = saturated
    monkeypatch.setattr(speaking, "RETRY_S", 0.0)
    (first,) = transport.texts()

    say(one.sessions[0], op="error", code="busy", retry=True, id=first["id"])
    say(one.sessions[0], op="error", code="busy", retry=True, id="unknown")
    await asyncio.sleep(0.01)

    assert transport.texts() == [first]
    assert "refused" not in one.stats.counts


async def test_what_was_answered_meanwhile_is_not_repeated(
    saturated: tuple[Fleet, FakeTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, transport = saturated
    monkeypatch.setattr(speaking, "RETRY_S", 0.0)
    (first,) = transport.texts()
    say(one.sessions[0], op="error", code="busy", retry=True, id=first["id"])

    acknowledge(one, first, 1)
    (second,) = transport.texts()
    await asyncio.sleep(0.01)

    assert transport.texts() == []
    assert second["id"] in one.speaking.outstanding


async def test_after_a_new_sign_in_the_same_message_goes_again(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated
    (first,) = transport.texts()
    transport.abort()

    again = sign_in_and_keep(one)
    await one.close()

    assert [text for text in again.texts() if text["op"] == "send"] == [first]


def sign_in_and_keep(one: Fleet) -> FakeTransport:
    transport = upgrade(one.sessions[0])
    say(one.sessions[0], op="welcome", time=1, heartbeat_ms=1000)
    return transport


async def test_messages_wait_in_line_and_are_late_from_when_they_were_due() -> None:
    one, transport = await begun(FAST)
    one.speaking.set_load(1)
    speaker = one.speaking.streams[0].speakers[0]
    due_ns = time.monotonic_ns() - 5_000_000_000
    for _ in range(3):
        one.speaking._speak(speaker, due_ns)
    (first,) = transport.texts()

    acknowledge(one, first, 1)
    (second,) = transport.texts()
    acknowledge(one, second, 2)
    one.speaking.close()

    assert one.stats.ack.percentile_us(1) >= 5_000_000


async def test_a_line_is_bounded_and_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "MAX_BACKLOG", 2)
    one, _transport = await begun(FAST)
    speaker = one.speaking.streams[0].speakers[0]
    for _ in range(5):
        one.speaking._speak(speaker, 1)

    skipped = one.stats.counts["skipped"]
    one.speaking.set_load(0)
    one.speaking.close()

    assert skipped == 2
    assert one.stats.counts["skipped"] == 4


async def test_a_rate_is_kept_by_a_timer() -> None:
    one, transport = await begun(FAST)
    one.speaking.set_load(1)

    await eventually(lambda: transport.written)
    one.speaking.close()
    sent = transport.texts()

    assert sent[0]["op"] == "send"


async def test_a_missing_ack_breaks_the_connection(
    saturated: tuple[Fleet, FakeTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, transport = saturated
    monkeypatch.setattr(speaking, "ACK_TIMEOUT_NS", -1)

    one.speaking._watch_overdue()
    await one.close()

    assert transport.gone
    assert one.stats.counts["ack_timeouts"] == 1


async def test_a_saturated_speaker_has_one_message_at_a_time(saturated: tuple[Fleet, FakeTransport]) -> None:
    one, transport = saturated

    one.speaking._speak(one.speaking.streams[0].speakers[0], 1)

    assert len(transport.texts()) == 1
