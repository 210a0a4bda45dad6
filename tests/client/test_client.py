"""What a program sees of the client, against a server that follows a script."""

import asyncio
from uuid import UUID

import pytest

from apps.client import (
    ClientClosed,
    HistoryGap,
    ImClient,
    NotConnected,
    OutboxFull,
    RequestRefused,
    SendRefused,
    SignInRefused,
)
from apps.client.inbox import ClientEvent
from apps.wire.frames import Conversations, ErrorFrame, EventView, ListConversations, Read, Received, Send, Sync
from apps.wire.ids import parse_message_id
from tests.client.builders import HALL, ROOM, TERMINAL, USER, ack, listed, page, push, state, view, welcome
from tests.client.conftest import MakeClient
from tests.client.scripted import ManualTiming, Peer, ScriptedServer

RECEIPTS = (Received,)


async def connected(client: ImClient, server: ScriptedServer) -> Peer:
    async with asyncio.TaskGroup() as group:
        group.create_task(client.connect())
        peer = group.create_task(server.accept_signed_in())
    return peer.result()


async def take(client: ImClient, count: int) -> list[ClientEvent]:
    items: list[ClientEvent] = []
    async for item in client.events():
        items.append(item)
        if len(items) == count:
            break
    return items


async def test_connecting_signs_in_as_the_terminal(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    connecting = asyncio.create_task(client.connect())

    sign_in = await (await server.accept()).welcome()
    await connecting

    assert (sign_in.token, sign_in.terminal, sign_in.since) == ("good", TERMINAL, None)
    assert client.is_connected
    assert client.welcome.user == USER


async def test_a_message_is_stored_when_send_returns(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send_text(ROOM, "hello"))

    frame = await peer.expect(Send)
    await peer.say(ack(frame.id, 1))

    assert (await sending).seq == 1
    assert bytes(frame.body) == b'{"text":"hello"}'
    parsed = parse_message_id(frame.id)
    assert (parsed.sender, parsed.terminal) == (USER, TERMINAL)


async def test_messages_of_a_conversation_go_one_after_the_other(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client()
    peer = await connected(client, server)
    sends = [asyncio.create_task(client.send_text(ROOM, str(n))) for n in range(3)]

    bodies = []
    for seq in (1, 2, 3):
        frame = await peer.expect(Send)
        bodies.append(bytes(frame.body))
        await peer.say(ack(frame.id, seq))

    assert [each.seq for each in await asyncio.gather(*sends)] == [1, 2, 3]
    assert bodies == [b'{"text":"%d"}' % n for n in range(3)]


async def test_a_cut_before_the_ack_sends_the_same_message_again(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send_text(ROOM, "hello"))
    first = await peer.expect(Send)

    peer.break_off()
    peer = await server.accept_signed_in()
    again = await peer.expect(Send)
    await peer.say(ack(again.id, 1))

    assert (again.id, bytes(again.body)) == (first.id, bytes(first.body))
    assert (await sending).seq == 1


async def test_an_ack_that_does_not_come_makes_a_new_connection(
    server: ScriptedServer, make_client: MakeClient, timing: ManualTiming
) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send_text(ROOM, "hello"))
    first = await peer.expect(Send)

    timing.advance(15)
    await peer.wait_closed()
    peer = await server.accept_signed_in()
    again = await peer.expect(Send)
    await peer.say(ack(again.id, 1))

    assert again.id == first.id
    assert (await sending).seq == 1


async def test_a_refused_message_raises_its_code(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send(ROOM, "text", {"text": ""}))
    frame = await peer.expect(Send)

    await peer.say(ErrorFrame("invalid_body", "empty", id=frame.id))

    with pytest.raises(SendRefused, match="invalid_body") as caught:
        await sending
    assert caught.value.message_id == frame.id


async def test_a_message_too_large_for_a_frame_never_leaves(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    await connected(client, server)

    with pytest.raises(SendRefused, match="frame_too_large"):
        await client.send_text(ROOM, "x" * 70_000)


async def test_a_full_outbox_is_an_error(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client(options={"outbox_limit": 1})
    peer = await connected(client, server)
    first = asyncio.create_task(client.send_text(ROOM, "1"))
    await peer.expect(Send)

    with pytest.raises(OutboxFull):
        await client.send_text(ROOM, "2")
    first.cancel()


async def test_a_cancelled_message_that_never_left_is_dropped(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    sends = [asyncio.create_task(client.send_text(ROOM, str(n))) for n in range(3)]
    first = await peer.expect(Send)

    sends[1].cancel()
    await asyncio.wait([sends[1]])
    await peer.say(ack(first.id, 1))
    second = await peer.expect(Send)
    await peer.say(ack(second.id, 2))

    assert bytes(second.body) == b'{"text":"2"}'
    assert (await sends[2]).seq == 2


async def test_the_same_id_may_be_given_to_finish_what_an_earlier_run_began(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client()
    peer = await connected(client, server)
    kept = client.new_message_id()
    sending = asyncio.create_task(client.send(ROOM, "text", {"text": "x"}, kept))

    frame = await peer.expect(Send)
    await peer.say(ack(kept, 9))

    assert frame.id == kept
    assert (await sending).id == kept


async def test_sending_before_the_first_connection_is_an_error(make_client: MakeClient) -> None:
    with pytest.raises(NotConnected):
        await make_client().send_text(ROOM, "x")


async def test_events_come_in_order_once_with_holes_repaired(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    await peer.say(push(1), push(1), push(4))

    question = await peer.expect(Sync, skip=RECEIPTS)
    await peer.say(page(2, 4, ref=question.ref))

    assert await take(client, 4) == [view(n) for n in (1, 2, 3, 4)]


async def test_own_messages_are_part_of_the_log(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send_text(ROOM, "mine"))
    frame = await peer.expect(Send)

    await peer.say(ack(frame.id, 1), push(2))
    await sending
    own, other = await take(client, 2)

    assert isinstance(own, EventView)
    assert (own.sender, own.id, own.seq, other) == (USER, frame.id, 1, view(2))


async def test_taking_events_acknowledges_them(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    await peer.say(push(1), push(2))

    await take(client, 2)
    acknowledged = 0
    while acknowledged < 2:
        frame = await peer.expect(Received)
        acknowledged = frame.seq

    assert acknowledged == 2
    assert client.positions() == {ROOM: 2}


async def test_events_nobody_takes_are_not_acknowledged(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client(options={"inbox_limit": 2})
    peer = await connected(client, server)

    await peer.say(*(push(n) for n in range(1, 6)))
    answer = asyncio.create_task(client.send_text(HALL, "still sending"))
    frame = await peer.next_frame()
    assert isinstance(frame, Send)
    await peer.say(ack(frame.id, 1, HALL))
    await answer
    early = await take(client, 2)
    question = await peer.expect(Sync, skip=RECEIPTS)

    assert early == [view(1), view(2)]
    assert question.after in {0, 2}


async def test_a_reconnect_resumes_and_fetches_what_was_missed(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    await peer.say(push(1))
    first = await take(client, 1)

    await peer.close(1012)
    peer = await server.accept()
    sign_in = await peer.welcome(welcome(changed=[state(3)]))
    question = await peer.expect(Sync, skip=RECEIPTS)
    await peer.say(page(2, 3, ref=question.ref))

    assert (sign_in.since is not None, question.after) == (True, 1)
    assert first + await take(client, 2) == [view(1), view(2), view(3)]


async def test_what_cannot_be_had_is_said(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client(positions={ROOM: 1})
    peer = await connected(client, server)
    await peer.say(push(5))
    question = await peer.expect(Sync)

    await peer.say(page(5, 5, gap_to=4, ref=question.ref))

    assert await take(client, 2) == [HistoryGap(ROOM, 2, 4), view(5)]


async def test_questions_survive_a_lost_connection(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    asking = asyncio.create_task(client.sync(ROOM, after=3))
    await peer.expect(Sync)

    peer.break_off()
    peer = await server.accept_signed_in()
    question = await peer.expect(Sync)
    await peer.say(page(4, 5, ref=question.ref))

    assert [event.seq for event in (await asking).events] == [4, 5]


async def test_a_question_is_repeated_when_the_server_asks_for_it(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client()
    peer = await connected(client, server)
    asking = asyncio.create_task(client.sync(ROOM, after=3))

    first = await peer.expect(Sync)
    await peer.say(ErrorFrame("busy", "later", retry=True, ref=first.ref))
    second = await peer.expect(Sync)
    await peer.say(page(4, 4, ref=second.ref))

    assert (await asking).max_seq == 4


async def test_a_refused_question_raises_its_code(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    asking = asyncio.create_task(client.sync(ROOM, after=3))
    question = await peer.expect(Sync)

    await peer.say(ErrorFrame("conversation_not_found", "no", ref=question.ref))

    with pytest.raises(RequestRefused, match="conversation_not_found"):
        await asking


async def test_the_conversation_list_comes_in_pages(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    listing = asyncio.create_task(client.conversations(limit=3))

    first = await peer.expect(ListConversations)
    await peer.say(Conversations([listed(1), listed(1, HALL)], next="c", ref=first.ref))
    second = await peer.expect(ListConversations)
    await peer.say(Conversations([listed(1, UUID(int=3))], next="d", ref=second.ref))

    assert [item.state.conversation for item in await listing] == [ROOM, HALL, UUID(int=3)]
    assert (first.limit, second.limit, second.cursor) == (3, 1, "c")


async def test_how_far_was_read_reaches_the_server(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)

    client.read(ROOM, 7)

    assert await peer.expect(Read) == Read(ROOM, 7)


async def test_closing_ends_events_and_sends(server: ScriptedServer, make_client: MakeClient) -> None:
    client = make_client()
    peer = await connected(client, server)
    sending = asyncio.create_task(client.send_text(ROOM, "x"))
    await peer.expect(Send)

    await client.close()

    assert [item async for item in client.events()] == []
    with pytest.raises(ClientClosed):
        await sending
    with pytest.raises(ClientClosed):
        await client.connect()
    assert await peer.wait_closed() == 1000
    assert not client.is_connected


async def test_a_refused_terminal_ends_the_client_for_everybody(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    client = make_client()
    connecting = asyncio.create_task(client.connect())
    peer = await server.accept()
    await peer.next_frame()

    await peer.say(ErrorFrame("terminal_refused", "revoked"))

    with pytest.raises(SignInRefused, match="terminal_refused"):
        await connecting
    with pytest.raises(ClientClosed, match="gave up"):
        await anext(client.events())


async def test_a_client_is_a_context(server: ScriptedServer, make_client: MakeClient) -> None:
    async def use() -> bool:
        async with make_client() as client:
            return client.is_connected

    using = asyncio.create_task(use())
    peer = await server.accept_signed_in()

    assert await using
    assert await peer.wait_closed() == 1000
