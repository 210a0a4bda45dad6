"""The process's running parts: one set per loop, gone after stopping."""

import asyncio

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging import runtime
from apps.messaging.errors import Unavailable
from apps.messaging.models import Cursor
from apps.wire.ids import ConversationId, TenantId, UserId
from tests.messaging.messages import draft_of


@pytest.mark.django_db
def test_it_connects_to_the_database_that_django_uses() -> None:
    parts = conninfo_to_dict(runtime.conninfo())

    assert parts["dbname"] == connection.settings_dict["NAME"]
    assert int(str(parts["port"])) == int(connection.settings_dict["PORT"])


def test_djangos_own_options_stay_with_django(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"pool": {"min_size": 1}, "isolation_level": 1, "sslmode": "prefer"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "it's \\ secret")

    parts = conninfo_to_dict(runtime.conninfo())

    assert parts["sslmode"] == "prefer"
    assert parts["password"] == "it's \\ secret"
    assert not {"pool", "isolation_level"} & set(parts)


async def test_before_the_start_it_is_unavailable() -> None:
    await runtime.stop()

    with pytest.raises(Unavailable):
        runtime.get()


@pytest.mark.django_db(transaction=True)
class TestRunning:
    async def test_a_second_start_changes_nothing(self, running: runtime.Runtime) -> None:
        assert await runtime.start() is running is runtime.get()

    def test_another_loop_gets_its_own(self) -> None:
        async def start_and_leave() -> runtime.Runtime:
            started = await runtime.start()
            await asyncio.gather(started.store.close(), started.cursors.close(), started.pool.close())
            return started

        async def start_and_stop() -> runtime.Runtime:
            started = await runtime.start()
            await runtime.stop()
            return started

        left_behind = asyncio.run(start_and_leave())

        assert asyncio.run(start_and_stop()) is not left_behind

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
