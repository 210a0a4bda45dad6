"""Users, tokens and conversations for load tests, made in bulk: a hundred thousand users in well under a minute.

A tenant of its own holds them, so that they meet nobody else. They have no password, only the access tokens, which go
to a file that its owner alone may read. The conversations begin with an empty log: what the services would write as
their first event names every member, and a room of ten thousand has no room for that in one event.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.models import get_application_model

from apps.accounts.policies import SCOPE
from apps.accounts.services import ensure_applications
from apps.accounts.services.applications import PROGRAM_CLIENT_ID
from apps.common.clock import to_ms
from apps.common.ids import new_id
from apps.common.pinyin import readings
from apps.common.search import searchable
from apps.conversations.selectors import direct_key
from apps.loadtest.population import DIRECT_SIZE, FORMAT, LoadUser, Population
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.privatefile import write_private

TABLES: Final = (
    "accounts_user",
    "oauth2_provider_accesstoken",
    "conversations_conversation",
    "conversations_member",
    "messaging_log",
)
TOKEN_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: how many users, in conversations of which sizes, with tokens good for how long."""

    tenant: str
    users: int
    sizes: tuple[int, ...]
    lifetime: timedelta

    def counted_sizes(self) -> list[int]:
        """Sizes that these users suffice for, pairs always first."""
        return [size for size in dict.fromkeys((DIRECT_SIZE, *sorted(self.sizes))) if 1 < size <= self.users]


def seed(order: Order, tokens_file: Path) -> Population:
    """Make everything in one transaction and write the token file. Raises OperatorError when the tenant exists."""
    if Tenant.objects.filter(slug=order.tenant).exists():
        raise OperatorError(phrase("tenant {slug} exists: name another one with --tenant", slug=order.tenant))
    ensure_applications()
    with transaction.atomic():
        population = _insert(order, timezone.now())
        write_private(tokens_file, msgspec.json.encode(population).decode())
    with connection.cursor() as cursor:
        for table in TABLES:  # or the planner would take them for as small as they were
            cursor.execute(f"ANALYZE {table}")
    return population


def _insert(order: Order, now: datetime) -> Population:
    tenant = create_tenant(slug=order.tenant, name=f"Load test {order.tenant}")
    users = [LoadUser(new_id(), secrets.token_urlsafe(TOKEN_BYTES), uuid4()) for _ in range(order.users)]
    expires = now + order.lifetime
    _insert_users(tenant, users, now)
    _insert_tokens(users, now, expires)
    conversations = {size: _insert_conversations(tenant, users, size, now) for size in order.counted_sizes()}
    return Population(
        format=FORMAT,
        tenant=tenant.slug,
        expires_ms=to_ms(expires),
        database=_database(),
        users=users,
        conversations=conversations,
    )


def _insert_users(tenant: Tenant, users: Sequence[LoadUser], now: datetime) -> None:
    unusable = make_password(None)
    columns = (
        "id, tenant_id, created_at, password, username, login, display_name, email, locale, "
        "is_active, is_staff, is_superuser, search_text, search_grams"
    )
    rows = (
        (user.id, tenant.pk, now, unusable, name, f"{name}@{tenant.slug}", name, "", "", True, False, False, *found)
        for name, user, found in ((name, user, _findable(name)) for name, user in _named(users))
    )
    _copy("accounts_user", columns, rows)


def _named(users: Sequence[LoadUser]) -> Iterable[tuple[str, LoadUser]]:
    return ((f"u{number}", user) for number, user in enumerate(users))


def _findable(name: str) -> tuple[str, list[str]]:
    found = searchable(name, readings=readings)
    return found.text, list(found.grams)


def _insert_tokens(users: Sequence[LoadUser], now: datetime, expires: datetime) -> None:
    application = get_application_model().objects.get(client_id=PROGRAM_CLIENT_ID).pk
    columns = "token, token_checksum, user_id, application_id, expires, scope, resource, created, updated"
    rows = (
        ("", hashlib.sha256(user.token.encode()).hexdigest(), user.id, application, expires, SCOPE, "[]", now, now)
        for user in users
    )
    _copy("oauth2_provider_accesstoken", columns, rows)


def _insert_conversations(tenant: Tenant, users: Sequence[LoadUser], size: int, now: datetime) -> list[UUID]:
    blocks = [users[first : first + size] for first in range(0, len(users) - size + 1, size)]
    ids = [new_id() for _ in blocks]
    direct = size == DIRECT_SIZE
    _copy(
        "conversations_conversation",
        "id, tenant_id, created_at, kind, title, direct_key, created_by_id, member_count",
        (
            (
                conversation,
                tenant.pk,
                now,
                "direct" if direct else "group",
                "" if direct else f"{size} #{number}",
                direct_key(block[0].id, block[1].id) if direct else None,
                block[0].id,
                size,
            )
            for number, (conversation, block) in enumerate(zip(ids, blocks, strict=True))
        ),
    )
    _copy(
        "conversations_member",
        "id, tenant_id, created_at, conversation_id, user_id, role, join_seq",
        (
            (new_id(), tenant.pk, now, conversation, user.id, "member" if direct or place else "owner", 1)
            for conversation, block in zip(ids, blocks, strict=True)
            for place, user in enumerate(block)
        ),
    )
    rows = ((conversation, tenant.pk, 0, 0, now) for conversation in ids)
    _copy("messaging_log", "conversation_id, tenant_id, max_seq, members_epoch, last_event_at", rows)
    return ids


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _database() -> dict[str, str]:
    """What a load test may tell of the database, which it cannot see itself."""
    with connection.cursor() as cursor:
        facts = {}
        for setting in ("server_version", "fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {setting}")
            facts[setting] = str(cursor.fetchone()[0])
    return facts
