"""The statements behind the selectors use indexes and never span tenants."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.common.clock import to_datetime
from apps.conversations.models import Conversation
from apps.messaging.selectors import queries
from tests.messaging.messages import NOW_MS

STATEMENTS = {name: text for name, text in vars(queries).items() if name.isupper() and isinstance(text, str)}
PUBLIC = {name: text for name, text in STATEMENTS.items() if not name.startswith("_")}


@pytest.mark.parametrize("text", PUBLIC.values(), ids=PUBLIC)
def test_it_names_the_tenant(text: str) -> None:
    assert "tenant_id = %s" in text or "tenant_id = k.tenant_id" in text


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
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {text}", (alice.tenant_id, group.pk, *place))
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan
    assert "Sort" not in plan


@pytest.mark.django_db
def test_the_tenant_bounds_every_statement_whatever_else_is_asked(
    alice: User, bob: User, eve: User, group: Conversation
) -> None:
    """A user and a conversation of one tenant, asked for under the other's id: no row comes back."""
    later = to_datetime(NOW_MS + 1)
    asked: dict[str, Callable[[UUID], tuple[Any, ...]]] = {
        "STATE": lambda tenant: (tenant, bob.id, group.pk, 10),
        "CHANGED": lambda tenant: ([tenant], [bob.id], [to_datetime(0)], 10, 10),
        "FIRST_PAGE": lambda tenant: (tenant, bob.id, 10, 10),
        "NEXT_PAGE": lambda tenant: (tenant, bob.id, later, group.pk, 10, 10),
        "ONE_VIEW": lambda tenant: (tenant, bob.id, group.pk, 10),
        "FIRST_MEMBERS": lambda tenant: ([group.pk], tenant, 10),
        "MEMBER_PAGE": lambda tenant: (tenant, group.pk, UUID(int=0), bob.id, 10),
        "LOG_END": lambda tenant: (tenant, bob.id, group.pk),
        "WENT_ON": lambda tenant: (tenant, [bob.id], to_datetime(0), 10),
        "EVENTS_AFTER": lambda tenant: (tenant, group.pk, 0, 10),
        "EVENTS_BEFORE": lambda tenant: (tenant, group.pk, 10, 0, 10),
    }

    assert asked.keys() == PUBLIC.keys()
    with connection.cursor() as cursor:
        for name, parameters in asked.items():
            cursor.execute(PUBLIC[name], parameters(bob.tenant_id))
            assert cursor.fetchall(), name
            cursor.execute(PUBLIC[name], parameters(eve.tenant_id))
            assert cursor.fetchall() == [], name
