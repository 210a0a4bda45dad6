"""Heartbeats and acknowledgements of what was received."""

import asyncio
import time

from apps.loadtest.fleet import Fleet
from apps.loadtest.pulse import SILENT_BEATS
from tests.loadtest.wires import FakeTransport, fleet, say, sign_in


async def begun(**fields: object) -> tuple[Fleet, list[FakeTransport]]:
    """A fleet that is signed in and does not dial."""
    one = fleet(**fields)
    transports = [sign_in(session) for session in one.sessions]
    one.pulse.begin()
    return one, transports


def turn(one: Fleet, beats: int) -> None:
    for _ in range(beats):
        timer = one.pulse._timer
        one.pulse._tick()
        assert timer is not None
        timer.cancel()


async def test_each_session_beats_once_in_an_interval() -> None:
    one, transports = await begun()

    turn(one, 10)
    beats = [[text["op"] for text in transport.texts()] for transport in transports]
    one.pulse.close()

    assert beats == [["heartbeat"]] * 8


async def test_beats_that_came_too_late_are_made_up_for_but_never_more_than_one_round() -> None:
    one, transports = await begun()

    one.pulse._due = time.monotonic() - 0.45
    turn(one, 1)
    some = sum(len(transport.texts()) for transport in transports)
    one.pulse._due = time.monotonic() - 500
    turn(one, 1)
    all_of_them = sum(len(transport.texts()) for transport in transports)
    one.pulse.close()

    assert some == 5
    assert all_of_them == 8


async def test_an_answer_is_timed() -> None:
    one, _transports = await begun()
    turn(one, 10)

    say(one.sessions[3], op="heartbeat", time=77)
    one.pulse.close()

    assert one.stats.heartbeat.count == 1
    assert one.sessions[3].seen_ms == 77


async def test_silence_breaks_the_connection_but_not_of_those_who_do_not_read() -> None:
    one, transports = await begun()
    one.pulse.deaf.add(one.sessions[1])

    turn(one, 10 * (SILENT_BEATS + 1))
    await one.close()

    assert [transport.gone for transport in transports] == [number != 1 for number in range(8)]
    assert one.stats.counts["ended:silent"] == 7


async def test_what_was_received_is_acknowledged_together() -> None:
    one, transports = await begun()
    room = next(iter(one.rooms.values()))
    one.begin_room(room, 4)
    for seq in (5, 6):
        say(one.sessions[0], op="event", conversation=room.text, seq=seq, id=f"m{seq}", time=1, body={})

    turn(one, 2)
    received = [text for text in transports[0].texts() if text["op"] == "received"]
    turn(one, 2)
    one.pulse.close()

    assert received == [{"op": "received", "conversation": room.text, "seq": 6}]
    assert [text["op"] for text in transports[0].texts()] == []


async def test_members_acknowledge_in_turn_and_not_in_step() -> None:
    one, transports = await begun(acknowledge_s=0.4)
    room = next(iter(one.rooms.values()))
    one.begin_room(room, 4)
    for session in one.sessions[:2]:
        say(session, op="event", conversation=room.text, seq=5, id="m5", time=1, body={})

    when: dict[int, int] = {}
    for beat in range(4):
        turn(one, 1)
        for number in (0, 1):
            if any(text["op"] == "received" for text in transports[number].texts()):
                when[number] = beat
    one.pulse.close()

    assert when == {0: 0, 1: 1}


async def test_now_and_then_what_came_is_read() -> None:
    one, transports = await begun()
    room = next(iter(one.rooms.values()))
    one.begin_room(room, 0)

    ops = []
    for seq in range(1, 11):
        say(one.sessions[0], op="event", conversation=room.text, seq=seq, id=f"m{seq}", time=1, body={})
        turn(one, 2)
        ops += [text["op"] for text in transports[0].texts() if "seq" in text]
    one.pulse.close()

    assert ops == ["received"] * 9 + ["read"]


async def test_who_is_gone_acknowledges_nothing() -> None:
    one, transports = await begun()
    room = next(iter(one.rooms.values()))
    one.begin_room(room, 4)
    say(one.sessions[0], op="event", conversation=room.text, seq=5, id="m", time=1, body={})
    transports[0].abort()

    turn(one, 2)
    await one.close()
    await asyncio.sleep(0)

    assert transports[0].frames() == []
