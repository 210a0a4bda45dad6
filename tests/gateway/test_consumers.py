"""The gateway as its clients see it: real database, real services, Channels' own communicator in place of a socket."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.testing import WebsocketCommunicator

from apps.accounts.models import Terminal as Terminals
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, revoke_terminal
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.events.publish import NODES, revoke_on_commit
from apps.gateway import lifespan
from apps.messaging import runtime
from apps.messaging.services import conversations
from apps.messaging.services.blocks import block_person
from apps.wire.frames import PATH
from tests.gateway.conftest import NOW_MS, Dial, Terminal, in_database
from tests.gateway.detaching import Application
from tests.rest_client import issue_token

pytestmark = pytest.mark.django_db(transaction=True)


def revoke_the_terminal(user: User) -> None:
    revoke_terminal(Terminals.objects.for_tenant(user.tenant_id).get(user=user))


class TestChatting:
    async def test_two_people_chat(self, dial: Dial, room: Conversation, alice: User, bob: User) -> None:
        at_alice, at_bob = await dial(alice), await dial(bob)
        frame = at_alice.message(room, "hello Bob")

        ack = await at_alice.ask(**frame)
        event = await at_bob.receive()
        reply = await at_bob.ask(**at_bob.message(room, "hello Alice"))
        answer = await at_alice.receive()

        assert ack == {
            "op": "ack",
            "id": frame["id"],
            "conversation": str(room.pk),
            "seq": 2,
            "time": ack["time"],
        }
        assert event == {
            "op": "event",
            "conversation": str(room.pk),
            "seq": 2,
            "id": frame["id"],
            "kind": "text",
            "sender": str(alice.pk),
            "time": ack["time"],
            "body": {"text": "hello Bob"},
        }
        assert (reply["op"], reply["seq"]) == ("ack", 3)
        assert (answer["op"], answer["seq"], answer["body"]) == ("event", 3, {"text": "hello Alice"})

    async def test_the_senders_other_terminal_is_kept_in_step(
        self, dial: Dial, room: Conversation, alice: User
    ) -> None:
        phone, laptop = await dial(alice), await dial(alice)

        await phone.ask(**phone.message(room, "from my phone"))
        event = await laptop.receive()

        assert (event["op"], event["body"]) == ("event", {"text": "from my phone"})
        assert await phone.is_quiet()

    async def test_pipelined_messages_keep_their_order(self, dial: Dial, room: Conversation, alice: User) -> None:
        terminal = await dial(alice)
        frames = [terminal.message(room, f"number {n}") for n in range(40)]

        for frame in frames:
            await terminal.send(**frame)
        acks = [await terminal.receive() for _ in frames]

        seqs = {ack["id"]: ack["seq"] for ack in acks}
        assert [seqs[frame["id"]] for frame in frames] == list(range(2, 42))

    async def test_cursors_reach_the_other_member_and_the_own_terminals(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        at_alice, at_bob, bobs_laptop = await dial(alice), await dial(bob), await dial(bob)
        await at_alice.ask(**at_alice.message(room))

        await at_bob.send(op="received", conversation=str(room.pk), seq=2)
        await runtime.get().cursors.flush()
        delivered = await at_alice.receive_op("cursor")
        await at_bob.send(op="read", conversation=str(room.pk), seq=2)
        await at_bob.ask(op="heartbeat")
        await runtime.get().cursors.flush()
        read = await at_alice.receive_op("cursor")
        await bobs_laptop.receive_op("cursor")
        in_step = await bobs_laptop.receive_op("cursor")

        assert (delivered["user"], delivered["delivered_seq"], delivered["read_seq"]) == (str(bob.pk), 2, 0)
        assert (read["delivered_seq"], read["read_seq"]) == (2, 2)
        assert in_step == read


class TestSendingAgain:
    async def test_the_same_id_gets_the_same_ack_and_is_pushed_once(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        at_alice, at_bob = await dial(alice), await dial(bob)
        frame = at_alice.message(room, "once")

        first = await at_alice.ask(**frame)
        await at_bob.receive_op("event")
        second = await at_alice.ask(**frame)

        assert second == first
        assert await at_bob.receive() == {"op": "changed", "conversation": str(room.pk), "max_seq": first["seq"]}
        assert await at_bob.is_quiet()

    async def test_over_a_new_connection_too(self, dial: Dial, room: Conversation, alice: User) -> None:
        before = await dial(alice)
        frame = before.message(room, "once")
        first = await before.ask(**frame)
        await before.hang_up()

        after = await dial(alice, terminal=before.terminal)

        assert await after.ask(**frame) == first

    async def test_the_same_id_with_other_content_is_a_conflict(
        self, dial: Dial, room: Conversation, alice: User
    ) -> None:
        terminal = await dial(alice)
        frame = terminal.message(room, "once")
        await terminal.ask(**frame)

        refusal = await terminal.ask(**frame | {"body": {"text": "changed my mind"}})

        assert (refusal["op"], refusal["code"], refusal["id"]) == ("error", "message_id_conflict", frame["id"])
        assert not refusal.get("retry", False)

    async def test_an_id_of_another_terminal_is_refused(self, dial: Dial, room: Conversation, alice: User) -> None:
        phone, laptop = await dial(alice), await dial(alice)

        refusal = await phone.ask(**laptop.message(room))

        assert refusal["code"] == "message_id_mismatch"


class TestResuming:
    async def test_the_welcome_lists_what_changed_meanwhile(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        at_alice, at_bob = await dial(alice), await dial(bob)
        await at_bob.hang_up()
        ack = await at_alice.ask(**at_alice.message(room, "while you were away"))

        again = await dial(bob, terminal=at_bob.terminal, since=ack["time"])

        [state] = again.welcome["changed"]
        assert (state["conversation"], state["max_seq"], state["unread"]) == (str(room.pk), 2, 1)

    async def test_then_sync_brings_what_was_missed(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        at_alice, at_bob = await dial(alice), await dial(bob)
        for n in range(3):
            await at_alice.ask(**at_alice.message(room, f"number {n}"))
            await at_bob.receive()

        events = await at_bob.ask(op="sync", conversation=str(room.pk), after=2, limit=10, ref="r1")

        assert (events["op"], events["ref"], events["max_seq"]) == ("events", "r1", 4)
        assert [(event["seq"], event["body"]["text"]) for event in events["events"]] == [
            (3, "number 1"),
            (4, "number 2"),
        ]

    async def test_too_much_to_list_says_start_over(
        self, dial: Dial, room: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.gateway.dispatch.MAX_CHANGED_CONVERSATIONS", 0)

        terminal = await dial(alice, since=NOW_MS)

        assert terminal.welcome["start_over"] is True
        assert "changed" not in terminal.welcome

    async def test_without_since_nothing_is_listed(self, dial: Dial, room: Conversation, alice: User) -> None:
        terminal = await dial(alice)

        assert "changed" not in terminal.welcome
        assert "start_over" not in terminal.welcome

    async def test_who_joined_later_is_told_of_the_gap(
        self, dial: Dial, room: Conversation, alice: User, carol: User
    ) -> None:
        at_alice = await dial(alice)
        await at_alice.ask(**at_alice.message(room, "before Carol"))
        await in_database(conversations.add_members, alice, conversation=room, user_ids=[carol.pk], now_ms=NOW_MS)
        at_carol = await dial(carol)

        events = await at_carol.ask(op="sync", conversation=str(room.pk), after=0)

        assert (events["gap_to"], [event["seq"] for event in events["events"]]) == (2, [3])

    async def test_a_seq_beyond_the_end_says_start_over(self, dial: Dial, room: Conversation, alice: User) -> None:
        terminal = await dial(alice)

        events = await terminal.ask(op="sync", conversation=str(room.pk), after=99)

        assert (events["start_over"], events["events"], events["max_seq"]) == (True, [], 1)

    async def test_conversations_are_listed_with_unread_counts(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        at_alice, at_bob = await dial(alice), await dial(bob)
        await at_alice.ask(**at_alice.message(room, "news"))
        await at_bob.receive()

        page = await at_bob.ask(op="list_conversations", ref="r1")

        [item] = page["items"]
        assert (page["op"], page["ref"], page["time"] > 0) == ("conversations", "r1", True)
        assert (item["title"], item["state"]["unread"], item["last"]["body"]) == ("Lunch", 1, {"text": "news"})

    async def test_a_page_cursor_of_somebody_else_is_refused(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)

        refusal = await terminal.ask(op="list_conversations", cursor="not-ours", ref="r1")

        assert (refusal["op"], refusal["code"], refusal["ref"]) == ("error", "invalid_input", "r1")


def request_about(terminal: Terminal, op: str, conversation: UUID) -> dict[str, Any]:
    """A frame of this kind about a conversation."""
    if op == "send":
        return terminal.message(conversation)
    position = {"after": 0, "ref": "r"} if op == "sync" else {"seq": 1}
    return {"op": op, "conversation": str(conversation), **position}


class TestBlocks:
    async def test_a_block_ends_a_direct_conversation_at_once(self, dial: Dial, alice: User, bob: User) -> None:
        direct, _created = await in_database(conversations.start_direct, alice, other_id=bob.pk, now_ms=NOW_MS)
        at_alice = await dial(alice)
        first = await at_alice.ask(**at_alice.message(direct))
        await in_database(block_person, bob, user_id=alice.pk, now=to_datetime(NOW_MS))

        refusal = await at_alice.ask(**at_alice.message(direct))
        events = await at_alice.ask(op="sync", conversation=str(direct.pk), after=0)

        assert first["op"] == "ack"
        assert (refusal["op"], refusal["code"], refusal.get("retry", False)) == ("error", "blocked", False)
        assert [event["seq"] for event in events["events"]] == [1, first["seq"]]


class TestOthersConversations:
    @pytest.mark.parametrize("op", ["send", "sync"])
    async def test_another_companys_is_not_found(self, dial: Dial, room: Conversation, eve: User, op: str) -> None:
        terminal = await dial(eve)

        refusal = await terminal.ask(**request_about(terminal, op, room.pk))

        assert (refusal["op"], refusal["code"]) == ("error", "conversation_not_found")

    @pytest.mark.parametrize("op", ["send", "sync"])
    async def test_so_is_one_of_colleagues_and_one_that_does_not_exist(
        self, dial: Dial, room: Conversation, carol: User, op: str
    ) -> None:
        terminal = await dial(carol)

        colleagues = await terminal.ask(**request_about(terminal, op, room.pk))
        nobodys = await terminal.ask(**request_about(terminal, op, uuid4()))

        assert colleagues["code"] == nobodys["code"] == "conversation_not_found"

    @pytest.mark.parametrize("op", ["received", "read"])
    @pytest.mark.parametrize("stranger", ["carol", "eve"])
    async def test_cursors_of_strangers_are_not_kept(
        self, dial: Dial, room: Conversation, alice: User, op: str, stranger: str, request: pytest.FixtureRequest
    ) -> None:
        at_alice = await dial(alice)
        at_stranger = await dial(request.getfixturevalue(stranger))

        await at_stranger.send(**request_about(at_stranger, op, room.pk))
        await at_stranger.ask(op="heartbeat")
        await runtime.get().cursors.flush()

        assert await at_alice.is_quiet()

    async def test_the_list_has_own_ones_only(self, dial: Dial, room: Conversation, eve: User, carol: User) -> None:
        for person in (eve, carol):
            page = await (await dial(person)).ask(op="list_conversations")
            assert page["items"] == []

    async def test_the_welcome_lists_own_ones_only(self, dial: Dial, room: Conversation, eve: User) -> None:
        terminal = await dial(eve, since=0)

        assert "changed" not in terminal.welcome

    async def test_a_foreign_terminal_is_refused_for_good(self, dial: Dial, alice: User, eve: User) -> None:
        at_alice = await dial(alice)
        intruder = await dial(eve, sign_in=False, terminal=at_alice.terminal)

        refusal = await intruder.sign_in()
        closing = await intruder.receive()

        assert (refusal["op"], refusal["code"]) == ("error", "terminal_refused")
        assert closing["op"] == "closing"
        assert await intruder.closed() == 4403

    async def test_a_push_of_another_company_never_arrives(
        self, dial: Dial, room: Conversation, alice: User, eve: User
    ) -> None:
        at_alice, at_eve = await dial(alice), await dial(eve)

        await at_alice.ask(**at_alice.message(room))

        assert await at_eve.is_quiet()


class TestSigningIn:
    async def test_a_wrong_token_is_refused_in_the_clients_language(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice, sign_in=False, headers=[(b"accept-language", b"zh-CN")])

        refusal = await terminal.sign_in(token="nonsense", ref="r1")
        closing = await terminal.receive()

        assert (refusal["code"], refusal["ref"]) == ("token_invalid", "r1")
        assert refusal["message"]
        assert closing["reason"] == "token_invalid"
        assert await terminal.closed() == 4401

    async def test_an_expired_token_is_refused(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice, sign_in=False)

        refusal = await terminal.sign_in(token=await in_database(issue_token, alice, lifetime=timedelta(seconds=-1)))

        assert refusal["code"] == "token_invalid"

    async def test_a_deactivated_user_is_refused(self, dial: Dial, alice: User) -> None:
        token = await in_database(issue_token, alice)
        await in_database(deactivate_user, alice)
        terminal = await dial(alice, sign_in=False)

        assert (await terminal.sign_in(token=token))["code"] == "token_invalid"

    async def test_a_revoked_terminal_is_refused(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)
        await terminal.hang_up()
        await in_database(revoke_the_terminal, alice)

        again = await dial(alice, sign_in=False, terminal=terminal.terminal)

        assert (await again.sign_in())["code"] == "terminal_refused"

    async def test_nothing_is_answered_before(self, dial: Dial, room: Conversation, alice: User) -> None:
        terminal = await dial(alice, sign_in=False)

        refusal = await terminal.ask(op="sync", conversation=str(room.pk), after=0, ref="r1")

        assert (refusal["code"], refusal["ref"]) == ("sign_in_required", "r1")

    async def test_a_fresh_token_extends_the_session(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)
        expires = terminal.welcome["expires"]

        renewed = await terminal.sign_in(token=await in_database(issue_token, alice, lifetime=timedelta(hours=5)))

        assert (renewed["op"], renewed["session"]) == ("welcome", terminal.welcome["session"])
        assert renewed["expires"] > expires

    async def test_a_session_never_changes_its_user(self, dial: Dial, alice: User, bob: User) -> None:
        terminal = await dial(alice)

        refusal = await terminal.sign_in(token=await in_database(issue_token, bob))

        assert refusal["code"] in {"already_signed_in", "terminal_refused"}

    async def test_a_session_whose_user_is_revoked_is_closed(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)

        await in_database(revoke_on_commit, alice.pk)
        closing = await terminal.receive()

        assert closing == {"op": "closing", "reason": "revoked"}
        assert await terminal.closed() == 4403


class TestWrongInput:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("{", "bad_frame"),
            ('"text"', "bad_frame"),
            ('{"op":"sync"}', "bad_frame"),
            ('{"op":"fly"}', "unknown_op"),
            ("x" * 70_000, "frame_too_large"),
        ],
    )
    async def test_is_refused_and_the_session_survives(self, dial: Dial, alice: User, text: str, code: str) -> None:
        terminal = await dial(alice)

        await terminal.socket.send_to(text_data=text)
        refusal = await terminal.receive()

        assert (refusal["op"], refusal["code"]) == ("error", code)
        assert await terminal.is_quiet()

    async def test_binary_frames_hold_the_same_text(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)

        await terminal.socket.send_to(bytes_data=b'{"op":"heartbeat"}')

        assert (await terminal.receive())["op"] == "heartbeat"

    async def test_a_body_that_does_not_fit_its_kind_is_refused(
        self, dial: Dial, room: Conversation, alice: User
    ) -> None:
        terminal = await dial(alice)
        frame = terminal.message(room) | {"body": {"txet": "typo"}}

        refusal = await terminal.ask(**frame)

        assert (refusal["code"], refusal["id"]) == ("invalid_body", frame["id"])

    async def test_a_flood_is_slowed_then_closed(
        self, dial: Dial, room: Conversation, alice: User, settings: Any
    ) -> None:
        settings.IM_SESSION_LIMITS = {"rate_per_s": 0.001, "burst": 3, "refusals_burst": 2}
        terminal = await dial(alice)

        frames = [await terminal.ask(op="sync", conversation=str(room.pk), after=0) for _ in range(5)]
        closing = await terminal.receive()

        codes = [frame.get("code", frame["op"]) for frame in frames]
        assert codes[:2] == ["events", "events"]
        assert codes[2:] == ["rate_limited"] * 3
        assert closing["reason"] == "flood"
        assert await terminal.closed() == 4429

    async def test_a_stream_of_nonsense_is_closed(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)

        for _ in range(10):
            await terminal.socket.send_to(text_data="nonsense")
        closing = await terminal.receive_op("closing")

        assert closing["reason"] == "protocol"
        assert await terminal.closed() == 4400

    async def test_a_defect_is_told_as_internal_and_survived(
        self, dial: Dial, room: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal = await dial(alice)
        monkeypatch.setattr("apps.gateway.dispatch.submit_message", lambda *arguments, **fields: 1 // 0)
        frame = terminal.message(room)

        refusal = await terminal.ask(**frame)

        assert (refusal["code"], refusal["retry"], refusal["id"]) == ("internal", True, frame["id"])
        assert await terminal.is_quiet()


class TestHandshake:
    async def test_a_page_of_another_host_is_refused(self, application: Application) -> None:
        headers = [(b"host", b"chat.example.com"), (b"origin", b"https://evil.example.com")]
        socket = WebsocketCommunicator(application, PATH, headers=headers)

        accepted, _ = await socket.connect()

        assert not accepted

    async def test_a_page_of_the_same_host_is_welcome(self, dial: Dial, alice: User) -> None:
        headers = [(b"host", b"chat.example.com:8001"), (b"origin", b"http://chat.example.com:8000")]

        terminal = await dial(alice, headers=headers)

        assert terminal.welcome["op"] == "welcome"

    async def test_headers_are_not_kept(self, dial: Dial, alice: User) -> None:
        headers = [(b"host", b"chat.example.com"), (b"cookie", b"a long one")]

        terminal = await dial(alice, headers=headers)

        assert terminal.socket.scope["headers"] == []

    async def test_headers_that_can_not_be_cleared_are_left_alone(self, dial: Dial, alice: User) -> None:
        headers = ((b"host", b"chat.example.com"),)

        terminal = await dial(alice, headers=headers)

        assert terminal.socket.scope["headers"] == headers

    @pytest.mark.parametrize(
        ("error", "reason", "logged"),
        [(OSError("no database"), "unavailable", True), (lifespan.NodeStopping(), "restart", False)],
    )
    async def test_a_node_that_does_not_run_says_come_back(
        self,
        error: Exception,
        reason: str,
        logged: bool,
        application: Application,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def fail() -> None:
            raise error

        monkeypatch.setattr(lifespan, "running_node", fail)
        socket = WebsocketCommunicator(application, PATH)

        await socket.connect()
        closing = await socket.receive_json_from()
        event = await socket.receive_output()

        assert closing == {"op": "closing", "reason": reason, "retry_after_ms": 2000}
        assert (event["type"], event["code"]) == ("websocket.close", 1012)
        assert ("could not start" in caplog.text) is logged


class TestEnding:
    async def test_a_node_that_stops_says_so(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)

        stopping = asyncio.create_task(lifespan.shutdown())
        closing = await terminal.receive()
        code = await terminal.closed()
        await terminal.hang_up()
        await asyncio.wait_for(stopping, 60)

        assert closing["reason"] == "restart"
        assert code == 1012

    async def test_a_peer_that_does_not_close_is_cut_off_without_a_trace(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)
        node = await lifespan.running_node()
        [connection] = node.registry._wheel

        connection.abandon()
        connection.abandon()
        await terminal.socket.wait(timeout=60)

        assert len(node.registry) == 0

    async def test_a_server_that_cancels_is_obeyed(self, dial: Dial, alice: User) -> None:
        terminal = await dial(alice)
        node = await lifespan.running_node()

        terminal.socket.future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await terminal.socket.future

        assert len(node.registry) == 0

    async def test_nothing_is_left_of_a_connection(
        self, dial: Dial, room: Conversation, alice: User, bob: User
    ) -> None:
        terminal, other = await dial(alice), await dial(bob)
        await terminal.ask(**terminal.message(room))
        node = await lifespan.running_node()

        await terminal.hang_up()
        await other.hang_up()
        await asyncio.gather(*node.registry._tasks)

        assert len(node.registry) == 0
        assert node.registry._groups == {}
        assert node.registry._joined <= {NODES}
