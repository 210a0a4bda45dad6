"""Operations of the protocol know no admins: power over people opens none of their conversations."""

from typing import Any, Final, get_args
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.conversations.models import Conversation
from apps.messaging import runtime
from apps.messaging.models import Cursor
from apps.messaging.services.conversations import start_group
from apps.wire.frames import ClientFrames
from tests.admin.world import LEVELS, make_world
from tests.gateway.conftest import Dial, application, dial, in_database

__all__ = ["application", "dial"]

pytestmark = pytest.mark.django_db(transaction=True)

BY_MEMBERSHIP: Final = {"send", "sync", "received", "read"}
"""Name a conversation; only its members may."""
ABOUT_ONESELF: Final = {"sign_in", "heartbeat", "list_conversations"}
"""Name nothing that is somebody else's."""


def group_at_sales() -> tuple[Conversation, dict[str, User]]:
    world = make_world()
    group = start_group(world.people["sales"], title="Ours", member_ids=[], now_ms=now_ms())
    return group, {level: world.admins[level] for level in (*LEVELS, "root")}


def cursors(conversation_id: UUID) -> list[tuple[Any, ...]]:
    return list(
        Cursor.unscoped.filter(conversation_id=conversation_id).values_list("user_id", "read_seq").order_by("pk")
    )


def test_every_operation_is_classified() -> None:
    operations = {frame.__struct_config__.tag for frame in get_args(ClientFrames)}

    assert operations == BY_MEMBERSHIP | ABOUT_ONESELF


async def test_an_admin_who_is_no_member_is_answered_like_anybody(dial: Dial) -> None:
    group, admins = await in_database(group_at_sales)
    before = await in_database(cursors, group.pk)

    answers = {}
    for level, admin in admins.items():
        terminal = await dial(admin)
        sent = await terminal.ask(**terminal.message(group, "let me in"))
        synced = await terminal.ask(op="sync", conversation=str(group.pk), after=0)
        listed = await terminal.ask(op="list_conversations")
        for op in ("received", "read"):
            await terminal.send(op=op, conversation=str(group.pk), seq=1)
        await terminal.ask(op="heartbeat")
        answers[level] = (sent["op"], sent["code"], synced["op"], synced["code"], str(group.pk) in str(listed))
    await runtime.get().cursors.flush()

    refused = ("error", "conversation_not_found", "error", "conversation_not_found", False)
    assert answers == dict.fromkeys(admins, refused)
    assert await in_database(cursors, group.pk) == before
