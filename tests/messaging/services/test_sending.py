"""Sending: ids and bodies are checked, the same id gives the same answer, members are told once."""

import asyncio
import json
from uuid import UUID

import msgspec
import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import runtime
from apps.messaging.errors import (
    ConversationNotFound,
    InvalidBody,
    InvalidMessageId,
    MessageIdConflict,
    MessageIdMismatch,
    Unavailable,
)
from apps.messaging.services import sending
from apps.messaging.services.sending import Sender, make_draft, send_message, send_message_sync
from apps.messaging.store.direct import append_in_transaction
from apps.messaging.store.records import Committed, Draft
from apps.wire.frames import Ack
from apps.wire.ids import ConversationId, TerminalId, encode_message_id
from tests.messaging.messages import NOW_MS, message_id, sender_of, text_body
from tests.messaging.published import Published


def new_id(user: User, number: int | None = None) -> str:
    return encode_message_id(message_id(user.id, number))


async def send(user: User, group: Conversation, text: str = "hi", *, text_id: str = "", session: str = "s1") -> Ack:
    return await send_message(
        sender_of(user, session),
        message_id=text_id or new_id(user),
        conversation_id=ConversationId(group.pk),
        kind="text",
        body=text_body(text),
    )


def send_sync(user: User, group: Conversation, text: str = "hi", *, text_id: str = "") -> tuple[Ack, bool]:
    return send_message_sync(
        sender_of(user),
        message_id=text_id or new_id(user),
        conversation_id=ConversationId(group.pk),
        kind="text",
        body=text_body(text),
        now_ms=NOW_MS,
    )


@pytest.mark.django_db(transaction=True)
class TestOnTheEventLoop:
    async def test_messages_get_consecutive_seqs_in_the_order_of_calls(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation
    ) -> None:
        acks = await asyncio.gather(*(send(user, group) for user in (alice, bob, alice)))

        assert [ack.seq for ack in acks] == [2, 3, 4]
        assert acks[0].time <= acks[1].time <= acks[2].time

    async def test_the_same_id_gets_the_same_ack_and_is_pushed_once(
        self, running: runtime.Runtime, alice: User, group: Conversation, published: Published
    ) -> None:
        first = await send(alice, group, text_id=new_id(alice, 1))

        again = await send(alice, group, text_id=new_id(alice, 1))
        await runtime.stop()

        assert again == first
        pushed, noticed = published.frames
        assert pushed["op"] == "event"
        assert noticed == {"op": "changed", "conversation": str(group.pk), "max_seq": first.seq}

    async def test_every_member_is_told_except_the_sending_session(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation, published: Published
    ) -> None:
        ack = await send(alice, group, "hello", session="tab-1")
        await runtime.stop()

        (frame,) = published.frames
        assert frame == {
            "op": "event",
            "conversation": str(group.pk),
            "seq": ack.seq,
            "id": ack.id,
            "kind": "text",
            "sender": str(alice.id),
            "time": ack.time,
            "body": {"text": "hello"},
        }
        assert published.groups == [{f"user.{alice.id.hex}", f"user.{bob.id.hex}"}]
        assert (published.deliveries[0].origin, published.deliveries[0].seq) == ("tab-1", ack.seq)

    async def test_what_is_refused_is_told_to_nobody(
        self, running: runtime.Runtime, alice: User, eve: User, group: Conversation, published: Published
    ) -> None:
        await send(alice, group, "one", text_id=new_id(alice, 1))

        with pytest.raises(MessageIdConflict):
            await send(alice, group, "two", text_id=new_id(alice, 1))
        with pytest.raises(ConversationNotFound):
            await send(eve, group)
        await runtime.stop()

        assert len(published.frames) == 1

    async def test_a_node_that_has_stopped_is_unavailable(self, alice: User, group: Conversation) -> None:
        with pytest.raises(Unavailable):
            await send(alice, group)


@pytest.mark.django_db
class TestOverRest:
    def test_a_message_is_committed_and_told(
        self, published: Published, alice: User, bob: User, group: Conversation
    ) -> None:
        with published.committed():
            ack, repeated = send_sync(alice, group)

        assert (ack.seq, repeated) == (2, False)
        assert [frame["seq"] for frame in published.frames] == [2]
        assert published.groups == [{f"user.{alice.id.hex}", f"user.{bob.id.hex}"}]

    def test_the_same_id_gets_the_same_ack_and_is_pushed_once(
        self, published: Published, alice: User, group: Conversation
    ) -> None:
        with published.committed():
            first = send_sync(alice, group, text_id=new_id(alice, 1))
            again = send_sync(alice, group, text_id=new_id(alice, 1))

        assert again == (first[0], True)
        assert [frame["op"] for frame in published.frames] == ["event", "changed"]

    def test_refusals(self, alice: User, carol: User, eve: User, group: Conversation) -> None:
        send_sync(alice, group, "one", text_id=new_id(alice, 1))

        with pytest.raises(MessageIdConflict):
            send_sync(alice, group, "two", text_id=new_id(alice, 1))
        for outsider in (carol, eve):
            with pytest.raises(ConversationNotFound):
                send_sync(outsider, group)

    def test_a_lost_race_for_the_id_looks_again(
        self, alice: User, group: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        races = iter([True, False])

        def append(drafts: list[Draft], *, now_ms: int) -> list[Committed]:
            if next(races):
                raise IntegrityError
            return append_in_transaction(drafts, now_ms=now_ms)

        monkeypatch.setattr(sending, "append_in_transaction", append)

        assert send_sync(alice, group)[0].seq == 2

    def test_a_race_without_end_is_given_up(
        self, alice: User, group: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def append(drafts: list[Draft], *, now_ms: int) -> list[Committed]:
            raise IntegrityError

        monkeypatch.setattr(sending, "append_in_transaction", append)

        with pytest.raises(Unavailable):
            send_sync(alice, group)


class TestWhatAClientSends:
    ALICE = UUID(int=1)
    ACTOR = Sender(tenant_id=UUID(int=9), user_id=ALICE, terminal_id=TerminalId(UUID(int=7)))  # type: ignore[arg-type]

    def draft(self, text_id: str, kind: str = "text", body: bytes = b'{"text":"a"}') -> Draft:
        return make_draft(
            self.ACTOR,
            message_id=text_id,
            conversation_id=ConversationId(UUID(int=2)),
            kind=kind,
            body=msgspec.Raw(body),
        )

    def own_id(self) -> str:
        return encode_message_id(message_id(self.ALICE))

    def test_the_body_is_stored_in_its_canonical_form(self) -> None:
        draft = self.draft(self.own_id(), body=b' { "mentions" : [], "text": "a" } ')

        assert json.loads(draft.body) == {"text": "a"}
        assert draft.body == self.draft(self.own_id()).body

    @pytest.mark.parametrize("text", ["", "a" * 63, "=" * 64, "A" * 64, "/" * 64])
    def test_an_id_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidMessageId):
            self.draft(text)

    def test_an_id_of_another_sender_or_terminal_is_refused(self) -> None:
        for foreign in (message_id(UUID(int=5)), message_id(self.ALICE, terminal=TerminalId(UUID(int=8)))):
            with pytest.raises(MessageIdMismatch):
                self.draft(encode_message_id(foreign))

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("text", b"{}"),
            ("text", b'{"text":1}'),
            ("text", b"nonsense"),
            ("members_added", b'{"members":[]}'),
            ("", b"{}"),
        ],
    )
    def test_a_body_that_does_not_fit_its_kind_is_refused(self, kind: str, body: bytes) -> None:
        with pytest.raises(InvalidBody):
            self.draft(self.own_id(), kind, body)
