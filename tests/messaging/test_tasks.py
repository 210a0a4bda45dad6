"""What is due about messages."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.jobs.turns import Ending, Turn, TurnOver
from apps.messaging.models import EXPIRED_KIND, Event
from apps.messaging.tasks import erase_past_retention
from tests.messaging.messages import NOW_MS

LATER = to_datetime(NOW_MS) + timedelta(days=31)


@pytest.fixture
def aged(group: Conversation) -> Conversation:
    """A group whose first event is past what its tenant keeps."""
    group.tenant.retention_days = 30
    group.tenant.save()
    return group


def erased() -> int:
    return Event.unscoped.filter(kind=EXPIRED_KIND).count()


def test_what_is_past_retention_is_erased_and_counted(aged: Conversation, alice: User) -> None:
    turn = Turn(LATER)

    erase_past_retention(turn)

    assert turn.done == erased() > 0


def test_it_ends_after_a_batch(aged: Conversation, alice: User) -> None:
    turn = Turn(LATER)
    turn.end(Ending.STOPPING)

    with pytest.raises(TurnOver):
        erase_past_retention(turn)

    assert turn.done == erased() > 0
