"""The two ends of a run."""

import pytest

from apps.loadtest import settling
from apps.loadtest.fleet import Fleet
from apps.loadtest.ledger import find_faults
from tests.loadtest.fake_server import serving
from tests.loadtest.test_dialling import all_open, dialled
from tests.loadtest.wires import PEOPLE, fleet, sign_in


def earlier(count: int) -> list[dict[str, object]]:
    return [{"seq": seq, "id": f"old{seq}", "time": 1, "body": {}} for seq in range(1, count + 1)]


async def test_the_log_s_beginning_and_end_are_asked_for_and_what_lacks_is_fetched() -> None:
    async with serving(PEOPLE) as server, dialled(server.url) as one:
        room = next(iter(one.rooms))
        server.logs[room].extend(earlier(3))
        await all_open(one)

        await settling.probe(one, 5)
        base = one.rooms[room].base
        server.logs[room].extend({**event, "seq": seq} for seq, event in enumerate(earlier(2), start=4))
        one.rooms[room].acked = 2
        reports = await settling.settle(one, 5)

    assert base == 3
    assert [(report.base, report.max_seq) for report in reports] == [(3, 5)]
    assert sum(reports[0].states.values()) == 4
    assert find_faults(reports) == []


async def test_without_anybody_online_nothing_is_known_and_that_is_a_fault() -> None:
    one = fleet()

    await settling.probe(one, 0.05)
    reports = await settling.settle(one, 0.05)

    assert [fault.code for fault in find_faults(reports)] == ["unsynced"]


async def test_an_answer_that_got_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "ASK_AGAIN_S", 0.01)
    one = fleet()
    transport = sign_in(one.sessions[0])

    await settling.probe(one, 0.2)

    assert len([text for text in transport.texts() if text["op"] == "sync"]) > 1


async def test_messages_without_an_answer_are_told() -> None:
    one = speaking_fleet()

    await settling.quieten(one, 0.05)
    reports = await settling.settle(one, 0.05)
    one.speaking.close()

    assert [report.unanswered for report in reports] == [1]


def speaking_fleet() -> Fleet:
    one = fleet()
    sign_in(one.sessions[0])
    one.begin_room(next(iter(one.rooms.values())), 0)
    speaker = one.speaking.streams[0].speakers[0]
    one.speaking._speak(speaker, 1)
    return one
