"""The statements behind the selectors use indexes and never span tenants."""

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.messaging.selectors import queries

STATEMENTS = {name: text for name, text in vars(queries).items() if name.isupper() and isinstance(text, str)}
PUBLIC = {name: text for name, text in STATEMENTS.items() if not name.startswith("_")}


@pytest.mark.parametrize("text", PUBLIC.values(), ids=PUBLIC)
def test_it_names_the_tenant(text: str) -> None:
    assert "tenant_id = %s" in text


@pytest.mark.parametrize("text", [queries.FIRST_PAGE, queries.NEXT_PAGE, queries.CHANGED, queries.MEMBER_PAGE])
def test_a_page_has_a_limit_and_a_unique_order(text: str) -> None:
    assert "LIMIT %s" in text
    assert "conversation_id DESC" in text or "ORDER BY m.id" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "place", "index"),
    [
        (queries.EVENTS_AFTER, (1, 10), "messaging_event_pkey"),
        (queries.EVENTS_BEFORE, (9, 1, 10), "messaging_event_pkey"),
    ],
)
def test_events_are_found_by_their_key(
    text: str, place: tuple[int, ...], index: str, alice: User, group: Conversation
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {text}", (alice.tenant_id, group.pk, *place))
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan
    assert "Sort" not in plan
