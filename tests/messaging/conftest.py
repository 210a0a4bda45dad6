"""A group, a direct conversation, and the running parts of the log."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from django.db import transaction

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.events.publish import Delivery
from apps.messaging import fanout, runtime
from apps.messaging.services import conversations
from apps.messaging.store.group_commit import GroupCommitStore
from tests.messaging.messages import NOW_MS
from tests.messaging.published import Published


@pytest.fixture
def group(alice: User, bob: User) -> Conversation:
    """Alice's group with Bob; its log holds the event of its making."""
    return conversations.start_group(alice, title="Lunch", member_ids=[bob.id], now_ms=NOW_MS)


@pytest.fixture
def direct(alice: User, bob: User) -> Conversation:
    conversation, _ = conversations.start_direct(alice, other_id=bob.id, now_ms=NOW_MS)
    return conversation


@pytest_asyncio.fixture
async def store(transactional_db: None) -> AsyncIterator[GroupCommitStore]:
    """A store on the test database, whose rows are really committed."""
    store = GroupCommitStore(database.conninfo())
    await store.start()
    yield store
    await store.close()


@pytest_asyncio.fixture
async def running(transactional_db: None) -> AsyncIterator[runtime.Runtime]:
    """The runtime of a node."""
    yield await runtime.start()
    await runtime.stop()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Published:
    """What would reach the channel layer, which is a port: another app's tests cover it."""
    caught = Published(django_capture_on_commit_callbacks)

    async def publish(groups: Sequence[str], delivery: Delivery) -> None:
        caught.add(groups, delivery)

    def publish_on_commit(groups: Sequence[str], delivery: Delivery) -> None:
        transaction.on_commit(lambda: caught.add(groups, delivery))

    monkeypatch.setattr(fanout, "publish", publish)
    monkeypatch.setattr(fanout, "publish_on_commit", publish_on_commit)
    return caught
