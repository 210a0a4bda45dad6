"""A change, its event and what members hear of it: all of them or none, in this order, whoever asks."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django import DjangoCaptureOnCommitCallbacks as CaptureCommits

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.common import database
from apps.common.errors import ImError, InvalidInput
from apps.conversations.errors import (
    ConversationNotFound,
    DirectImmutable,
    GroupFull,
    MemberNotFound,
    NotAllowed,
    OwnerStays,
)
from apps.conversations.models import Conversation, Member
from apps.messaging import runtime
from apps.messaging.errors import MessageIdConflict
from apps.messaging.models import Event, Log
from apps.messaging.services import conversations
from apps.messaging.services.cursors import advance_cursor
from apps.messaging.services.sending import send_message, send_message_sync
from apps.wire.ids import ConversationId, encode_message_id
from tests.messaging.hearing import Heard, groups_of
from tests.messaging.messages import NOW_MS, message_id, sender_of, text_body
from tests.messaging.racing import SERIALIZABLE, set_isolation

LATER_MS = NOW_MS + 5
Change = Callable[[User, Conversation, User], Any]


def add(actor: User, group: Conversation, other: User) -> Any:
    return conversations.add_members(actor, conversation=group, user_ids=[other.id], now_ms=LATER_MS)


def leave(actor: User, group: Conversation, _other: User) -> Any:
    return conversations.remove_member(actor, conversation=group, user_id=actor.id, now_ms=LATER_MS)


def rename(actor: User, group: Conversation, _other: User) -> Any:
    return conversations.rename(actor, conversation=group, title="Tea", now_ms=LATER_MS)


def promote(actor: User, group: Conversation, other: User) -> Any:
    return conversations.set_role(actor, conversation=group, user_id=other.id, role="admin", now_ms=LATER_MS)


def send(actor: User, group: Conversation, _other: User) -> Any:
    return send_message_sync(
        sender_of(actor),
        message_id=encode_message_id(message_id(actor.id)),
        conversation_id=ConversationId(group.pk),
        kind="text",
        body=text_body("hello"),
        now_ms=LATER_MS,
    )


def read(actor: User, group: Conversation, _other: User) -> Any:
    return advance_cursor(actor, conversation_id=ConversationId(group.pk), read_seq=1)


CHANGES: list[Change] = [add, leave, rename, promote]
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
every_write = pytest.mark.parametrize("write", [*CHANGES, send, read], ids=lambda write: write.__name__)


def kinds(conversation: Conversation) -> list[str]:
    events = Event.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation)
    return [event.kind for event in events.order_by("seq")]


def picture(conversation: Conversation) -> Any:
    """Everything a write could leave behind."""
    tenant_id = conversation.tenant_id
    log = Log.objects.for_tenant(tenant_id).get(conversation=conversation)
    members = Member.objects.for_tenant(tenant_id).filter(conversation=conversation).order_by("user_id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, read_seq FROM messaging_cursor WHERE conversation_id = %s", [conversation.pk])
        positions = cursor.fetchall()
    return (
        (log.max_seq, log.members_epoch, log.last_event_at),
        kinds(conversation),
        list(members.values_list("user_id", "role", "join_seq")),
        Conversation.objects.for_tenant(tenant_id).values_list("title", "member_count").get(pk=conversation.pk),
        positions,
    )


def committed(conversation: Conversation) -> tuple[int, int]:
    """End of the log, and the sum of what is read, as another process sees them."""
    with psycopg.connect(database.conninfo()) as other:
        row = other.execute(
            """SELECT max_seq, (SELECT coalesce(sum(read_seq), 0)::bigint FROM messaging_cursor AS c
               WHERE c.conversation_id = l.conversation_id) FROM messaging_log AS l WHERE conversation_id = %s""",
            (conversation.pk,),
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


class TestRefusals:
    @every_write
    def test_people_outside_change_nothing_and_learn_nothing(
        self,
        alice: User,
        bob: User,
        carol: User,
        eve: User,
        group: Conversation,
        heard: Heard,
        django_capture_on_commit_callbacks: CaptureCommits,
        write: Change,
    ) -> None:
        before = picture(group)
        nowhere = Conversation(id=uuid4(), tenant_id=alice.tenant_id)

        with django_capture_on_commit_callbacks(execute=True):
            for actor, target in ((carol, group), (eve, group), (alice, nowhere)):
                with pytest.raises(ConversationNotFound) as refusal:
                    write(actor, target, bob)
                assert refusal.value.fields == {"conversation": str(target.pk)}

        assert picture(group) == before
        assert heard.sent == []

    @every_change
    def test_a_direct_conversation_stays_as_it_is(
        self, alice: User, bob: User, direct: Conversation, change: Change
    ) -> None:
        before = picture(direct)

        with pytest.raises(DirectImmutable):
            change(alice, direct, bob)

        assert picture(direct) == before

    def test_what_members_may_not_do_changes_nothing(
        self, alice: User, bob: User, carol: User, eve: User, group: Conversation, settings: Any
    ) -> None:
        before = picture(group)
        settings.IM_GROUP_MEMBERS_MAX = 2

        refusals: list[tuple[Callable[[], Any], type[ImError]]] = [
            (lambda: add(bob, group, carol), NotAllowed),
            (lambda: add(alice, group, eve), GroupFull),
            (lambda: rename(bob, group, bob), NotAllowed),
            (lambda: promote(bob, group, alice), NotAllowed),
            (lambda: promote(alice, group, carol), MemberNotFound),
            (lambda: promote(alice, group, alice), OwnerStays),
            (lambda: conversations.rename(alice, conversation=group, title=" ", now_ms=1), InvalidInput),
            (lambda: conversations.remove_member(alice, conversation=group, user_id=eve.id, now_ms=1), MemberNotFound),
        ]
        for change, error in refusals:
            with pytest.raises(error):
                change()
        settings.IM_GROUP_MEMBERS_MAX = 20
        with pytest.raises(UserNotFound):
            conversations.add_members(alice, conversation=group, user_ids=[carol.id, eve.id], now_ms=LATER_MS)

        assert picture(group) == before

    def test_nothing_begins_with_strangers_or_those_who_have_gone(
        self, alice: User, bob: User, carol: User, eve: User
    ) -> None:
        deactivate_user(carol)

        for stranger in (eve.id, carol.id, uuid4()):
            with pytest.raises(UserNotFound):
                conversations.start_direct(alice, other_id=stranger, now_ms=NOW_MS)
            with pytest.raises(UserNotFound):
                conversations.start_group(alice, title="Lunch", member_ids=[bob.id, stranger], now_ms=NOW_MS)

        assert not Conversation.unscoped.exists()
        assert not Log.unscoped.exists()


class TestUndoing:
    @every_change
    def test_a_change_whose_event_cannot_be_written_is_undone(
        self, alice: User, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch, change: Change
    ) -> None:
        monkeypatch.setattr("apps.messaging.services.conversations.secrets.token_bytes", bytes)
        group = conversations.start_group(alice, title="Lunch", member_ids=[bob.id], now_ms=LATER_MS)
        before = picture(group)

        with pytest.raises(MessageIdConflict):  # the same random bytes at the same time: the id is taken
            change(alice, group, carol if change is add else bob)

        assert picture(group) == before

    @every_write
    def test_what_is_rolled_back_was_never_told(
        self,
        alice: User,
        bob: User,
        carol: User,
        group: Conversation,
        heard: Heard,
        django_capture_on_commit_callbacks: CaptureCommits,
        write: Change,
    ) -> None:
        before = picture(group)

        def write_and_fail() -> None:
            with transaction.atomic():
                write(alice, group, carol if write is add else bob)
                raise RuntimeError("undo")

        with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
            write_and_fail()

        assert picture(group) == before
        assert heard.sent == []


@pytest.mark.django_db(transaction=True)
class TestTelling:
    def test_everybody_can_see_already_what_members_hear_of(
        self, alice: User, bob: User, carol: User, group: Conversation, heard: Heard
    ) -> None:
        """Each publication finds its event or cursor committed, seen from a connection of its own."""
        heard.look = lambda: committed(group)

        for write in (add, rename, promote, send, read, leave):
            with transaction.atomic():
                before = len(heard.sent)
                write(alice, group, carol)
                assert len(heard.sent) == before
            assert len(heard.sent) > before

        told = [(frame["op"], frame.get("seq")) for frame in heard.frames]
        events = [("event", seq) for seq in range(2, 8)]
        assert told == [*events[:4], ("cursor", None), *events[4:]]
        assert heard.seen == [(2, 0), (3, 0), (4, 0), (5, 0), (5, 1), (7, 1), (7, 1)]
        everybody = groups_of(alice.id, bob.id, carol.id)
        assert heard.audiences == [everybody] * 6 + [groups_of(bob.id, carol.id)]

    async def test_on_the_event_loop_as_well(
        self, alice: User, bob: User, group: Conversation, heard: Heard, running: runtime.Runtime
    ) -> None:
        heard.look = lambda: committed(group)
        sent_id = encode_message_id(message_id(alice.id))

        for _ in range(2):
            await send_message(
                sender_of(alice, "node.1"),
                message_id=sent_id,
                conversation_id=ConversationId(group.pk),
                kind="text",
                body=msgspec.Raw(text_body("hello")),
            )
        await runtime.stop()

        assert [frame["op"] for frame in heard.frames] == ["event", "changed"]
        assert heard.frames[0]["id"] == sent_id
        assert heard.seen == [(2, 0), (2, 0)]
        assert heard.audiences == [groups_of(alice.id, bob.id)] * 2


@pytest.mark.django_db(transaction=True)
def test_a_serializable_database_serves_as_well(alice: User, bob: User, carol: User) -> None:
    set_isolation(SERIALIZABLE)
    try:
        group = conversations.start_group(alice, title="Lunch", member_ids=[bob.id], now_ms=NOW_MS)
        conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS)
        for write in (add, rename, promote, send, read, leave):
            write(alice, group, carol)
    finally:
        connection.close()

    assert kinds(group) == [
        "conversation_created",
        "members_added",
        "conversation_renamed",
        "member_role_changed",
        "text",
        "members_removed",
        "member_role_changed",
    ]


@pytest.mark.parametrize(
    ("write", "queries"),
    [
        (
            add,
            20,  # two savepoints, log, conversation, members, her tenant, whom she may write to (3), insert, count,
        ),  # epoch; five to append
        (send, 7),  # savepoint, log, known ids, members, log, event, release
        (read, 5),  # savepoint, cursor, watchers, release, state
    ],
    ids=["add", "send", "read"],
)
def test_a_write_costs_a_fixed_number_of_queries(
    alice: User,
    carol: User,
    group: Conversation,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    write: Change,
    queries: int,
) -> None:
    with django_assert_max_num_queries(queries):
        write(alice, group, carol)


@every_change
def test_the_log_is_locked_before_anything_is_looked_at(
    alice: User, carol: User, bob: User, group: Conversation, change: Change
) -> None:
    """The order of locks everywhere: whoever changes members and whoever sends never wait for each other crosswise."""
    with CaptureQueriesContext(connection) as captured:
        change(alice, group, carol if change is add else bob)

    statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert "FROM messaging_log" in statements[0]
    assert "FOR UPDATE" in statements[0]
