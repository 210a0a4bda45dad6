"""What members are told, and who is told."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from django.db import transaction

from apps.messaging import fanout
from apps.messaging.store.cursors import Grown
from apps.messaging.store.records import Committed, Draft, MemberList
from apps.wire.codec import decode_server_frame
from apps.wire.frames import Changed, CursorFrame, EventFrame
from apps.wire.ids import ConversationId, TenantId, UserId, encode_message_id
from tests.messaging.hearing import hearing
from tests.messaging.published import Published

ALICE, BOB, GONE = (UserId(UUID(int=n)) for n in (1, 2, 3))
ROOM = ConversationId(UUID(int=9))
ID = bytes(range(48))
DRAFT = Draft(TenantId(UUID(int=5)), ALICE, ROOM, ID, "text", b'{"text":"hi"}', "session-1")
COMMITTED = Committed(ID, ROOM, 7, 1234, False, MemberList([ALICE, BOB]), 0)
GROWN = Grown(ROOM, ALICE, 4, 3, (BOB, ALICE))


def test_an_event_is_pushed_as_the_protocol_says() -> None:
    delivery = fanout.event_delivery(DRAFT, COMMITTED)

    frame = decode_server_frame(delivery.frame)
    assert isinstance(frame, EventFrame)
    assert (frame.conversation, frame.seq, frame.id, frame.kind, frame.sender, frame.time) == (
        ROOM,
        7,
        encode_message_id(ID),
        "text",
        ALICE,
        1234,
    )
    assert json.loads(bytes(frame.body)) == {"text": "hi"}
    assert (delivery.conversation, delivery.seq, delivery.origin) == (ROOM.hex, 7, "session-1")


def test_a_message_sent_again_is_a_notice_without_its_content() -> None:
    delivery = fanout.event_delivery(DRAFT, msgspec.structs.replace(COMMITTED, repeated=True))

    assert decode_server_frame(delivery.frame) == Changed(ROOM, 7)
    assert (delivery.conversation, delivery.seq, delivery.origin) == (ROOM.hex, 0, "session-1")


def test_a_cursor_is_a_notice_without_acknowledgement() -> None:
    delivery = fanout.cursor_delivery(GROWN)

    assert decode_server_frame(delivery.frame) == CursorFrame(
        conversation=ROOM, user=ALICE, delivered_seq=4, read_seq=3
    )
    assert (delivery.seq, delivery.origin) == (0, "")


async def test_each_event_goes_to_all_members_in_order(published: Published) -> None:
    later = Committed(ID, ROOM, 8, 1234, False, MemberList([BOB]), 1)

    await fanout.tell_members([(DRAFT, COMMITTED), (DRAFT, later)])

    assert [delivery.seq for delivery in published.deliveries] == [7, 8]
    assert published.groups == [{f"user.{ALICE.hex}", f"user.{BOB.hex}"}, {f"user.{BOB.hex}"}]


async def test_other_work_gets_its_turn_while_a_full_group_is_told(published: Published) -> None:
    everyone = MemberList(UserId(UUID(int=n)) for n in range(1, fanout.PUSHES_PER_TURN + 1))
    committed = msgspec.structs.replace(COMMITTED, members=everyone)
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append(len(published.deliveries))
            await asyncio.sleep(0)

    other_work = asyncio.create_task(look())
    await fanout.tell_members([(DRAFT, committed)] * 3)
    other_work.cancel()

    assert seen == [1, 2, 3]


async def test_a_cursor_goes_to_its_user_and_her_watchers(published: Published) -> None:
    await fanout.tell_cursors([GROWN, Grown(ROOM, BOB, 1, 0)])

    assert published.groups == [{f"user.{ALICE.hex}", f"user.{BOB.hex}"}, {f"user.{BOB.hex}"}]


@pytest.mark.django_db
def test_on_commit_members_and_those_who_have_gone_are_told(published: Published) -> None:
    with published.committed():
        fanout.tell_members_on_commit(DRAFT, COMMITTED, also=[GONE, BOB])
        fanout.tell_cursor_on_commit(GROWN)
        before = list(published.groups)

    assert before == []
    assert published.groups == [
        {f"user.{ALICE.hex}", f"user.{BOB.hex}", f"user.{GONE.hex}"},
        {f"user.{ALICE.hex}", f"user.{BOB.hex}"},
    ]


@pytest.mark.django_db
def test_a_rollback_tells_nobody(published: Published) -> None:
    def undo() -> None:
        with transaction.atomic():
            fanout.tell_members_on_commit(DRAFT, COMMITTED)
            fanout.tell_cursor_on_commit(GROWN)
            raise RuntimeError("undo")

    with published.committed(), pytest.raises(RuntimeError):
        undo()

    assert published.groups == []


async def test_a_layer_that_fails_keeps_nobody_from_hearing_of_the_next_event() -> None:
    with hearing() as heard:
        heard.look = failing_once()

        await fanout.tell_members([(DRAFT, COMMITTED), (DRAFT, COMMITTED)])

    assert len(heard.sent) == 2
    assert len(heard.seen) == 1


def failing_once() -> Callable[[], None]:
    failures = [OSError("the link is down")]

    def look() -> None:
        if failures:
            raise failures.pop()

    return look
