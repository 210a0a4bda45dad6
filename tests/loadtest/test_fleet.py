"""What sessions do with the server's frames."""

import asyncio

import pytest

from apps.loadtest import fleet as fleets
from apps.loadtest.fleet import Fleet
from apps.loadtest.ledger import View
from apps.loadtest.scenario import Traffic
from apps.loadtest.session import CLOSED, OPEN
from tests.loadtest.wires import PEOPLE, eventually, fleet, say, server_frame, sign_in, upgrade


@pytest.fixture
def one() -> Fleet:
    return fleet()


def room_of(one: Fleet) -> str:
    return next(iter(one.rooms))


def view_of(one: Fleet, member: int) -> View:
    views = one.sessions[member].views
    assert views is not None
    return views[room_of(one)]


def event(one: Fleet, seq: int) -> dict[str, object]:
    return {"op": "event", "conversation": room_of(one), "seq": seq, "id": f"m{seq}", "time": 9, "body": {"text": "x"}}


async def test_the_first_frame_is_the_sign_in(one: Fleet) -> None:
    transport = upgrade(one.sessions[0])

    (frame,) = transport.texts()

    user = PEOPLE.users[0]
    assert frame == {"op": "sign_in", "token": user.token, "terminal": str(user.terminal), "platform": "bot"}


async def test_a_welcome_opens_the_session(one: Fleet) -> None:
    sign_in(one.sessions[0])

    assert one.sessions[0].phase == OPEN
    assert (one.open, one.stats.counts["signed_in"], one.stats.sign_in.count) == (1, 1, 1)


async def test_who_comes_back_says_since_when_and_syncs_what_changed(one: Fleet) -> None:
    transport = sign_in(one.sessions[0])
    one.begin_room(one.rooms[room_of(one)], 4)
    transport.abort()

    again = upgrade(one.sessions[0])
    say(one.sessions[0], op="welcome", time=1, heartbeat_ms=1, changed=[{"conversation": room_of(one), "max_seq": 6}])
    sent = again.texts()
    await one.close()

    assert sent[0]["since"] == 1
    assert (sent[1]["op"], sent[1]["after"]) == ("sync", 4)


@pytest.mark.parametrize(("welcome", "syncs"), [({}, 0), ({"start_over": True}, 1)])
async def test_a_list_too_long_means_everything(one: Fleet, welcome: dict[str, bool], syncs: int) -> None:
    one.begin_room(one.rooms[room_of(one)], 4)
    transport = upgrade(one.sessions[0])

    say(one.sessions[0], op="welcome", time=1, heartbeat_ms=1, **welcome)

    assert [text["op"] for text in transport.texts()][1:] == ["sync"] * syncs


async def test_events_are_taken_counted_and_told_apart(one: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "REPAIR_AFTER_S", 0.0)
    transport = sign_in(one.sessions[1])
    say(one.sessions[1], **event(one, 1))
    one.begin_room(one.rooms[room_of(one)], 4)

    for seq in (5, 5, 7):
        say(one.sessions[1], **event(one, seq))
    await asyncio.sleep(0.01)
    (sync,) = transport.texts()
    say(one.sessions[1], op="events", conversation=room_of(one), events=[{"seq": 6, "id": "m6"}], max_seq=7)
    one.pulse.close()

    assert (sync["op"], sync["after"], sync["limit"]) == ("sync", 5, 200)
    assert view_of(one, 1).have == 7
    counts = {name: one.stats.counts[name] for name in ("untracked", "repeated", "early", "pulled")}
    assert counts == {"untracked": 1, "repeated": 1, "early": 1, "pulled": 1}


async def test_a_hole_that_fills_by_itself_is_not_asked_for_though_there_is_a_younger_one(
    one: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "REPAIR_AFTER_S", 0.01)
    transport = sign_in(one.sessions[1])
    one.begin_room(one.rooms[room_of(one)], 4)
    say(one.sessions[1], **event(one, 6))
    say(one.sessions[1], **event(one, 5))
    monkeypatch.setattr(fleets, "REPAIR_AFTER_S", 60.0)

    say(one.sessions[1], **event(one, 8))
    await asyncio.sleep(0.03)
    one.pulse.close()

    assert view_of(one, 1).aside
    assert transport.texts() == []


async def test_a_long_answer_is_asked_for_page_by_page(one: Fleet) -> None:
    transport = sign_in(one.sessions[0])
    one.begin_room(one.rooms[room_of(one)], 0)

    page = {"op": "events", "conversation": room_of(one), "events": [{"seq": 1, "id": "a"}], "max_seq": 2}
    say(one.sessions[0], **page, more=True)

    assert [(text["op"], text["after"]) for text in transport.texts()] == [("sync", 1)]


@pytest.mark.parametrize("sign", [{"gap_to": 3}, {"start_over": True}])
async def test_a_log_that_is_cut_is_counted(one: Fleet, sign: dict[str, int]) -> None:
    sign_in(one.sessions[0])
    one.begin_room(one.rooms[room_of(one)], 0)

    say(one.sessions[0], op="events", conversation=room_of(one), events=[], max_seq=0, **sign)

    assert one.stats.counts["gaps"] == 1


async def test_answers_about_conversations_of_others_are_passed_over(one: Fleet) -> None:
    sign_in(one.sessions[7])

    say(one.sessions[7], op="events", conversation=room_of(one), events=[], max_seq=3)
    say(one.sessions[7], op="changed", conversation=room_of(one), max_seq=3)
    say(one.sessions[7], op="ack", conversation=room_of(one), id="x", seq=3, time=1)
    say(one.sessions[7], op="cursor", conversation=room_of(one))

    assert one.rooms[room_of(one)].head == -1
    assert one.stats.counts["cursors"] == 1


async def test_a_notice_of_change_leads_to_a_sync(one: Fleet) -> None:
    transport = sign_in(one.sessions[0])
    one.begin_room(one.rooms[room_of(one)], 4)

    say(one.sessions[0], op="changed", conversation=room_of(one), max_seq=4)
    before = transport.texts()
    for _ in range(2):
        say(one.sessions[0], op="changed", conversation=room_of(one), max_seq=5)

    assert before == []
    assert [text["op"] for text in transport.texts()] == ["sync"]


async def test_a_refused_sync_is_asked_again(one: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "REPAIR_AFTER_S", 0.0)
    transport = sign_in(one.sessions[0])
    one.begin_room(one.rooms[room_of(one)], 4)
    one.rooms[room_of(one)].reach(6)
    one.sync(one.sessions[0], view_of(one, 0))

    say(one.sessions[0], op="error", code="unavailable", retry=True, ref=room_of(one))
    await asyncio.sleep(0.01)

    assert [text["op"] for text in transport.texts()] == ["sync", "sync"]
    assert one.stats.counts["error:unavailable"] == 1


async def test_a_busy_server_is_asked_to_sign_in_again(one: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "REPAIR_AFTER_S", 0.0)
    transport = upgrade(one.sessions[0])

    say(one.sessions[0], op="error", code="busy", retry=True)
    await asyncio.sleep(0.01)

    assert [text["op"] for text in transport.texts()] == ["sign_in", "sign_in"]


async def test_an_error_that_asks_for_nothing_is_counted(one: Fleet) -> None:
    transport = sign_in(one.sessions[0])

    say(one.sessions[0], op="error", code="rate_limited", retry=True)
    say(one.sessions[0], op="from_the_future")

    assert transport.texts() == []
    assert one.stats.counts["error:rate_limited"] == 1
    assert one.stats.counts["unknown_frames"] == 1


async def test_a_redirect_is_followed_without_asking_for_another() -> None:
    one = fleet(redirect=True)
    transport = upgrade(one.sessions[0])
    asked = transport.texts()[0]

    say(one.sessions[0], op="closing", reason="redirect", url="ws://127.0.0.1:9/other")
    target = one.dialler.target_of(one.sessions[0])
    transport.abort()
    again = upgrade(one.sessions[0])

    assert asked["redirect"] is True
    assert (target.port, target.path) == (9, "/other")
    assert "redirect" not in again.texts()[0]
    assert not any(name.startswith(("ended", "failed")) for name in one.stats.counts)


async def test_a_broken_connection_is_counted_and_the_next_address_tried(one: Fleet) -> None:
    sign_in(one.sessions[0])
    place = one.sessions[0].place
    say(one.sessions[0], op="closing", reason="restart", retry_after_ms=60_000)

    one.sessions[0].connection_lost(None)
    waiting = one.dialler.waiting
    await one.close()

    assert one.sessions[0].phase == CLOSED
    assert one.sessions[0].place == 1 - place
    assert (one.open, waiting) == (0, 1)
    assert {"closing:restart", "ended:1006"} <= set(one.stats.counts)


@pytest.mark.parametrize(("reason", "given_up"), [("sign_in_timeout", 0), ("token_invalid", 1)])
async def test_a_sign_in_that_came_too_late_is_tried_again_but_not_one_that_was_refused(
    one: Fleet, reason: str, given_up: int
) -> None:
    upgrade(one.sessions[0])

    say(one.sessions[0], op="closing", reason=reason)
    one.sessions[0].data_received(server_frame(8, (4401).to_bytes(2, "big")))
    waiting = one.dialler.waiting
    await one.close()

    assert (one.dialler.given_up, waiting) == (given_up, 1 - given_up)


async def test_dropped_sessions_are_not_counted_as_broken(one: Fleet) -> None:
    transports = [sign_in(session) for session in one.sessions]

    one.drop(0.5)
    gone = sum(transport.gone for transport in transports)
    await one.close()

    assert 0 < gone < 8
    assert not any(name.startswith("ended") for name in one.stats.counts)


async def test_sessions_stop_reading_for_a_while(one: Fleet) -> None:
    transports = [sign_in(session) for session in one.sessions]

    one.stop_reading(1.0, 0.01)
    one.stop_reading(1.0, 60.0)
    stopped = [transport.reading for transport in transports]
    transports[0].abort()
    await eventually(lambda: not one.pulse.deaf)
    await one.close()

    assert stopped == [False] * 8
    assert [transport.reading for transport in transports[1:]] == [True] * 7


async def test_closing_says_goodbye_and_brings_nobody_back(one: Fleet) -> None:
    transport = sign_in(one.sessions[0])

    await one.close()
    frames = transport.frames()
    one.sessions[0].connection_lost(None)

    assert [opcode for opcode, _payload in frames] == [8]
    assert one.dialler.waiting == 0


def test_a_conversation_in_two_streams_is_one_room() -> None:
    one = fleet(traffic=[Traffic(size=4, conversations=1, rate_per_s=1), Traffic(size=4, conversations=1)])

    assert len(one.rooms) == 1
    assert len(one.views[room_of(one)]) == 4
    assert [len(stream.speakers) for stream in one.speaking.streams] == [1, 1]
