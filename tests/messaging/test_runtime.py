"""The process's running parts: one set per loop, gone after stopping."""

import asyncio
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from psycopg.conninfo import make_conninfo

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging import runtime, selectors
from apps.messaging.errors import Unavailable
from apps.messaging.models import Cursor
from apps.wire.ids import ConversationId, TenantId, UserId
from tests.messaging.hearing import groups_of, hearing
from tests.messaging.messages import draft_of


async def test_before_the_start_it_is_unavailable() -> None:
    await runtime.stop()

    with pytest.raises(Unavailable):
        runtime.get()


@pytest.mark.django_db(transaction=True)
class TestRunning:
    async def test_a_second_start_changes_nothing(self, running: runtime.Runtime) -> None:
        assert await runtime.start() is running is runtime.get()

    def test_another_loop_gets_its_own(self) -> None:
        async def start_and_stop() -> runtime.Runtime:
            started = await runtime.start()
            assert runtime.get() is started
            await runtime.stop()
            return started

        async def end(left: runtime.Runtime) -> None:
            await left.store.close()
            await left.cursors.close()
            await left.pool.close()

        with asyncio.Runner() as runner:
            first = runner.run(runtime.start())
            with ThreadPoolExecutor(1) as other_thread:
                second = other_thread.submit(asyncio.run, start_and_stop()).result(timeout=30)
            runner.run(end(first))

        assert second is not first
        assert second.loop is not first.loop

    async def test_after_stopping_it_is_unavailable_and_may_start_again(
        self, running: runtime.Runtime, alice: User, group: Conversation
    ) -> None:
        await runtime.stop()
        await runtime.stop()

        with pytest.raises(Unavailable):
            runtime.get()
        with pytest.raises(Unavailable):
            running.store.submit(draft_of(alice, group))
        assert running.pool.closed
        again = await runtime.start()
        assert again is not running
        assert (await again.store.append(draft_of(alice, group))).seq == 2

    async def test_members_hear_of_what_it_writes(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation
    ) -> None:
        with hearing() as heard:
            await running.store.append(draft_of(alice, group))
            running.cursors.note(TenantId(bob.tenant_id), ConversationId(group.pk), UserId(bob.id), read_seq=2)
            await runtime.stop()

        assert [(frame["op"], frame["conversation"]) for frame in heard.frames] == [
            ("event", str(group.pk)),
            ("cursor", str(group.pk)),
        ]
        assert heard.audiences == [groups_of(alice.id, bob.id)] * 2

    async def test_stopping_writes_what_waits(
        self, running: runtime.Runtime, alice: User, bob: User, group: Conversation
    ) -> None:
        future = running.store.submit(draft_of(alice, group))
        running.cursors.note(
            TenantId(bob.tenant_id), ConversationId(group.pk), UserId(bob.id), delivered_seq=1, read_seq=1
        )

        await runtime.stop()

        assert future.result().seq == 2
        assert Cursor.objects.for_tenant(bob.tenant_id).get(conversation=group, user=bob).read_seq == 1


async def test_a_database_that_is_away_keeps_it_from_neither_starting_nor_stopping(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runtime, "POOL_TIMEOUT_S", 0.1)
    with socket.socket() as nobody:  # bound, but nobody listens
        nobody.bind(("127.0.0.1", 0))
        away = make_conninfo(database.conninfo(), host="127.0.0.1", port=nobody.getsockname()[1])

        started = await runtime.start(away)
        with pytest.raises(Unavailable):
            await selectors.list_conversations(UUID(int=1), UUID(int=2), "", 10)
        started.cursors.note(TenantId(UUID(int=1)), ConversationId(UUID(int=2)), UserId(UUID(int=3)), read_seq=1)
        with caplog.at_level(logging.WARNING):
            await runtime.stop()

    assert "cursors of 1 members were not written" in caplog.text
