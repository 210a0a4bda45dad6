"""The statements of sign-in find every row by an index, however many there are."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from apps.accounts.models import User
from apps.accounts.policies import Arrival, Found, Principal
from apps.accounts.services import sign_in_statements as statements
from apps.common import database
from apps.common.arrays import register_packed
from apps.wire.ids import TenantId, UserId

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ARRIVALS = [Arrival("digest", UUID(int=number), "web", "Desk") for number in (7, 8)]
WHO = Principal(TenantId(UUID(int=1)), UserId(UUID(int=2)), "", 1)
FOUND = Found(NOW, "im", UUID(int=2), UUID(int=1), True, "active", "", None, None, "", "", None, token_id=9)
SEEN = [(arrival, WHO, NOW) for arrival in ARRIVALS]
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "CHECK": statements.check_parameters(ARRIVALS),
    "INSERT_TERMINALS": statements.newcomer_parameters([(arrival, FOUND, WHO, NOW) for arrival in ARRIVALS]),
    "MAKE_ROOM": statements.room_parameters(SEEN),
    "LINK_TOKENS": statements.link_parameters([(arrival, FOUND, WHO) for arrival in ARRIVALS]),
    "NOTE_SEEN": statements.terminal_parameters(SEEN),
}


@pytest.mark.django_db(transaction=True)
class TestPlans:
    @pytest.mark.parametrize("name", PARAMETERS)
    async def test_no_table_is_read_from_end_to_end(self, alice: User, name: str) -> None:
        async with await psycopg.AsyncConnection.connect(database.conninfo()) as connection:
            register_packed(connection)
            await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")

            cursor = await connection.execute(f"EXPLAIN {getattr(statements, name)}", PARAMETERS[name])
            plan = "\n".join(str(row[0]) for row in await cursor.fetchall())

        assert "Index" in plan
        assert "Seq Scan on accounts" not in plan
        assert "Seq Scan on oauth2" not in plan

    async def test_an_empty_batch_is_nothing(self, alice: User) -> None:
        async with await psycopg.AsyncConnection.connect(database.conninfo()) as connection:
            register_packed(connection)

            cursor = await connection.execute(statements.CHECK, statements.check_parameters([]))

            assert await cursor.fetchall() == []


@pytest.mark.parametrize("name", PARAMETERS)
def test_nothing_is_asked_in_a_way_that_a_whole_table_may_answer(name: str) -> None:
    # Seen with 20,000 tokens: the plan for batches of every size hashed all links of tokens, 8 ms for a single sign-in.
    assert "EXISTS" not in getattr(statements, name)


def test_each_user_makes_room_once() -> None:
    tenants, users, bound = statements.room_parameters(SEEN)

    assert len(tenants.data) == len(users.data) == len(statements.room_parameters(SEEN[:1])[0].data)
    assert bound == statements.MAX_TERMINALS
