"""Questions about channels elsewhere are answered, asked again when something has moved, or given up."""

import asyncio
import logging
from typing import Any

import pytest

from apps.cluster.core.ids import NodeId, node_name
from apps.cluster.core.routing import Fetched, Member, Want
from apps.cluster.core.slots import SLOTS, Span
from apps.cluster.layer import remote
from apps.cluster.layer.parcels import Parcel, pack
from apps.cluster.layer.remote import settle
from tests.cluster.layer.fixed import FixedCluster, even_table, name_of
from tests.cluster.live import until

PAYLOAD = pack({"type": "t"})
HERE, THERE = name_of(0, 2), name_of(1, 2)
GONE = f"p.{node_name(NodeId(0x9999))}!x"


async def got(waiting: "asyncio.Task[Parcel]") -> bytes:
    return (await asyncio.wait_for(waiting, 3)).payload


async def asked(pair: FixedCluster, channel: str = THERE) -> "asyncio.Task[Parcel]":
    """A receiver on the first node whose question the second one has got."""
    here, there = pair.ends
    waiting = asyncio.create_task(here.remote.receive(channel))
    await until(lambda: there.remote._serving)
    return waiting


async def test_a_receiver_gets_what_comes_later_elsewhere(pair: FixedCluster) -> None:
    waiting = await asked(pair)

    pair.ends[1].send(THERE, PAYLOAD)

    assert await got(waiting) == PAYLOAD
    assert not pair.ends[0].remote._wanted


async def test_a_receiver_that_goes_away_is_served_no_more(pair: FixedCluster) -> None:
    there = pair.ends[1]
    waiting = await asked(pair)

    waiting.cancel()
    await until(lambda: not there.remote._serving)
    there.send(THERE, PAYLOAD)

    assert [parcel.payload for parcel in there.mailboxes.take_all(THERE)] == [PAYLOAD]


async def test_an_answer_nobody_waits_for_goes_back_to_its_channel(pair: FixedCluster) -> None:
    here, there = pair.ends

    here.posted(there.node, Fetched(99, THERE, PAYLOAD))
    await until(lambda: THERE in there.mailboxes.names())

    assert [parcel.payload for parcel in there.mailboxes.take_all(THERE)] == [PAYLOAD]


async def test_an_answer_for_a_receiver_that_just_went_away_goes_back_to_its_channel(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pair.ends
    waiting = await asked(pair)
    take_in = here.remote.posted

    def take_in_too_late(node: NodeId, frame: Any) -> None:
        take_in(node, frame)
        waiting.cancel()

    monkeypatch.setattr(here.remote, "posted", take_in_too_late)
    there.send(THERE, PAYLOAD)
    await asyncio.wait([waiting], timeout=3)
    await until(lambda: THERE in there.mailboxes.names())

    assert waiting.cancelled()
    assert [parcel.payload for parcel in there.mailboxes.take_all(THERE)] == [PAYLOAD]


async def test_a_message_that_cannot_be_sent_to_its_receiver_stays_the_next_one(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = pair.ends[1]
    waiting = await asked(pair)
    there.send(THERE, PAYLOAD)
    there.send(THERE, pack({"type": "second"}))

    monkeypatch.setattr(there.router, "post", lambda *_: False)
    await until(lambda: not there.remote._serving)
    waiting.cancel()

    assert there.mailboxes.take_all(THERE)[0].payload == PAYLOAD


async def test_a_receiver_waits_until_its_channel_has_an_owner(pair: FixedCluster) -> None:
    here, there = pair.ends
    pair.tell(even_table(pair.nodes).with_released([Span(0, SLOTS - 1)], epoch=2))
    waiting = asyncio.create_task(here.remote.receive(THERE))
    await asyncio.sleep(0)

    pair.tell(even_table(pair.nodes, epoch=3))
    there.send(THERE, PAYLOAD)

    assert await got(waiting) == PAYLOAD


async def test_what_does_not_concern_a_receiver_leaves_its_question_alone(pair: FixedCluster) -> None:
    here, there = pair.ends
    waiting = await asked(pair)
    questions, answers = list(here.remote._wanted), list(there.remote._serving)

    pair.tell(even_table(pair.nodes, epoch=2))
    for end in pair.ends:
        end.remote.unlinked(NodeId(0x9999))
    there.send(THERE, PAYLOAD)

    assert (list(here.remote._wanted), list(there.remote._serving)) == (questions, answers)
    assert await got(waiting) == PAYLOAD


async def test_a_receiver_follows_its_channel(pair: FixedCluster) -> None:
    waiting = await asked(pair)

    pair.tell(even_table((pair.nodes[1], pair.nodes[0]), epoch=2))
    pair.ends[0].send(THERE, PAYLOAD)

    assert await got(waiting) == PAYLOAD


async def test_a_receiver_asks_again_over_a_fresh_link(pair: FixedCluster) -> None:
    here, there = pair.ends
    waiting = await asked(pair)

    here.plane.links.close(there.node)
    await pair.linked()
    there.send(THERE, PAYLOAD)

    assert await got(waiting) == PAYLOAD


async def test_more_receivers_than_can_be_served_are_not_answered(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "WANTS_MAX", 1)
    there = pair.ends[1]

    for number in (1, 2):
        there.posted(pair.nodes[0], Want(number, THERE))

    assert list(there.remote._serving) == [(pair.nodes[0], 1)]


async def test_a_question_for_a_channel_that_lives_elsewhere_is_not_answered(pair: FixedCluster) -> None:
    here = pair.ends[0]

    here.posted(pair.nodes[1], Want(1, THERE))

    assert not here.remote._serving


async def test_a_channel_elsewhere_joins_and_leaves_there(pair: FixedCluster) -> None:
    here, there = pair.ends

    await here.remote.change_membership("g", THERE, joins=True)
    joined = there.memberships.groups_of(THERE)
    await here.remote.change_membership("g", THERE, joins=False)

    assert joined == ["g"]
    assert there.memberships.groups_of(THERE) == []


async def test_a_channel_that_has_come_here_joins_and_leaves_here(pair: FixedCluster) -> None:
    here = pair.ends[0]

    await here.remote.change_membership("g", HERE, joins=True)
    joined = here.memberships.groups_of(HERE)
    await here.remote.change_membership("g", HERE, joins=False)

    assert joined == ["g"]
    assert here.memberships.groups_of(HERE) == []


async def test_places_in_groups_follow_a_channel_that_moves(pair: FixedCluster) -> None:
    here, there = pair.ends
    await here.remote.change_membership("g", HERE, joins=True)

    pair.tell(even_table((pair.nodes[1], pair.nodes[0]), epoch=2))
    await until(lambda: there.memberships.groups_of(HERE))

    assert there.memberships.groups_of(HERE) == ["g"]
    assert here.memberships.groups_of(HERE) == []


async def test_a_change_without_an_answer_is_asked_for_again(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "ASK_AGAIN_S", 0.01)
    here, there = pair.ends
    answer = there.remote.posted
    lost: list[Any] = []

    def lose_the_first(node: NodeId, frame: Any) -> None:
        if lost:
            answer(node, frame)
        else:
            lost.append(frame)

    monkeypatch.setattr(there.remote, "posted", lose_the_first)

    await here.remote.change_membership("g", THERE, joins=True)

    assert isinstance(lost[0], Member)
    assert there.memberships.groups_of(THERE) == ["g"]


async def test_a_change_for_a_channel_that_lives_elsewhere_is_not_made(pair: FixedCluster) -> None:
    here, there = pair.ends

    here.posted(there.node, Member(1, "g", THERE, joins=True))

    assert here.memberships.groups_of(THERE) == []


async def test_a_change_that_nobody_answers_is_given_up_and_logged(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(remote, "ANSWER_WITHIN_S", 0.05)

    with caplog.at_level(logging.WARNING, remote.__name__):
        await asyncio.wait_for(pair.ends[0].remote.change_membership("g", GONE, joins=True), 2)

    assert "could not be put into a group" in caplog.text


async def test_forgetting_reaches_the_other_node(pair: FixedCluster, caplog: pytest.LogCaptureFixture) -> None:
    here, there = pair.ends
    there.send(THERE, PAYLOAD)

    await here.remote.flush()

    assert len(there.mailboxes) == 0
    assert "has said in time" not in caplog.text


async def test_a_node_that_does_not_say_it_has_forgotten_is_logged(
    pair: FixedCluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = pair.ends
    monkeypatch.setattr(remote, "ANSWER_WITHIN_S", 0.05)
    monkeypatch.setattr(there.remote, "posted", lambda *_: None)

    with caplog.at_level(logging.WARNING, remote.__name__):
        await asyncio.wait_for(here.remote.flush(), 2)

    assert "not every node has said in time" in caplog.text


async def test_stopping_ends_what_runs_in_the_background(pair: FixedCluster) -> None:
    here = pair.ends[0]
    task = here.remote.spawn(asyncio.Event().wait())  # type: ignore[arg-type]

    await here.remote.stop()

    assert task.cancelled()


async def test_a_future_is_settled_once() -> None:
    open_one: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    done.set_result("first")

    for future in (open_one, done, None):
        settle(future)

    assert (open_one.result(), done.result()) == (None, "first")
