"""Sessions sign in together, and each has its own verdict."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from apps.accounts import services
from apps.accounts.errors import SignedInElsewhere, SignInBusy, TerminalRefused, TokenInvalid
from apps.accounts.models import Terminal, TerminalToken, User
from apps.accounts.policies import SEEN_RESOLUTION, Principal
from apps.accounts.services import SessionSignIn, session_sign_in
from apps.accounts.services import sign_in_statements as statements
from apps.common import database, line
from apps.common.batching import BatchLimits
from apps.common.clock import to_ms
from apps.common.errors import InvalidInput, Unavailable
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from tests.accounts.terminals import access_token_of, is_alive, sign_in_chain, terminal_of
from tests.accounts.token_cases import CASES
from tests.conftest import PASSWORD
from tests.metrics.measured import Measured
from tests.rest_client import issue_token

ISOLATIONS = ["read committed", "serializable"]

PATIENT = BatchLimits(wait_s=60.0)
"""What is decided is tested here, not how soon: a busy machine may take its time for it."""


async def in_database(work: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:
    return await database_sync_to_async(work)(*arguments, **fields)


def dsn_of(isolation: str) -> str:
    escaped = isolation.replace(" ", "\\ ")
    return make_conninfo(database.conninfo(), options=f"-c default_transaction_isolation={escaped}")


@pytest_asyncio.fixture(params=ISOLATIONS)
async def door(transactional_db: None, request: pytest.FixtureRequest) -> AsyncIterator[SessionSignIn]:
    """The sign-in of one node, under both isolation levels a database may have."""
    await in_database(services.ensure_applications)
    door = SessionSignIn(dsn_of(request.param), limits=PATIENT)
    yield door
    await door.close()


def come(door: SessionSignIn, token: str, terminal_id: UUID | None = None, **fields: str) -> Awaitable[Principal]:
    given = {"platform": "linux", "name": "Desk", **fields}
    return door.sign_in(token, terminal_id=terminal_id or uuid4(), **given)


async def together(*comers: Awaitable[Principal]) -> list[Any]:
    """All in one batch: asked in the same turn of the loop, before the first can begin."""
    return await asyncio.gather(*comers, return_exceptions=True)


def someone(number: int) -> User:
    """The only user of a tenant of her own."""
    tenant = create_tenant(slug=f"tenant{number}", name="Tenant")
    return services.create_user(tenant, username="user", password=PASSWORD)


def terminals() -> list[Terminal]:
    return list(Terminal.unscoped.all())


class TestTokens:
    async def test_each_lets_in_whom_it_should_and_stands_in_nobodys_way(self, door: SessionSignIn) -> None:
        comers: list[User] = [await in_database(someone, number) for number in range(len(CASES))]
        tokens = [await in_database(case.present, user) for case, user in zip(CASES, comers, strict=True)]

        results = await together(*(come(door, token) for token in tokens))

        verdicts = {case.name: result for case, result in zip(CASES, results, strict=True)}
        good = [case.name for case in CASES if case.is_good]
        assert [name for name, verdict in verdicts.items() if isinstance(verdict, Principal)] == good
        for case, user in zip(CASES, comers, strict=True):
            verdict = verdicts[case.name]
            if case.is_good:
                assert (verdict.user_id, verdict.tenant_id) == (user.id, user.tenant_id)
            else:
                assert isinstance(verdict, TokenInvalid), case.name
        assert len(await in_database(terminals)) == len(good)

    async def test_it_tells_the_users_language_and_the_tokens_end(self, door: SessionSignIn, alice: User) -> None:
        await in_database(services.update_profile, alice, locale="zh-hans")
        token = await in_database(issue_token, alice, lifetime=timedelta(minutes=5))

        principal = await come(door, token)

        assert principal.locale == "zh-hans"
        assert 0 < principal.expires_ms - to_ms(timezone.now()) <= 5 * 60 * 1000

    async def test_the_time_is_looked_at_for_every_batch(self, transactional_db: None, alice: User) -> None:
        await in_database(services.ensure_applications)
        token = await in_database(issue_token, alice)
        times = [timezone.now(), timezone.now() + timedelta(hours=2)]
        door = SessionSignIn(database.conninfo(), now=lambda: times.pop(0))

        assert (await come(door, token)).user_id == alice.id
        with pytest.raises(TokenInvalid):
            await come(door, token)

        await door.close()


class TestTerminals:
    async def test_the_first_sign_in_makes_the_terminal(self, door: SessionSignIn, alice: User) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()

        await come(door, token, terminal_id, name=" Desk ")

        (made,) = await in_database(terminals)
        assert (made.id, made.user_id, made.tenant_id) == (terminal_id, alice.id, alice.tenant_id)
        assert (made.platform, made.name, made.revoked_at) == ("linux", "Desk", None)
        assert made.created_at == made.last_seen_at
        assert timezone.now() - made.last_seen_at < timedelta(minutes=1)

    async def test_later_ones_write_nothing(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()
        await come(door, token, terminal_id)
        for name in ("INSERT_TERMINALS", "MAKE_ROOM", "LINK_TOKENS", "NOTE_SEEN"):
            monkeypatch.setattr(statements, name, "SELECT nonsense")

        again = await together(*(come(door, token, terminal_id) for _ in range(3)))
        await door.close()

        assert [principal.user_id for principal in again] == [alice.id] * 3

    async def test_a_new_name_and_an_old_sighting_are_brought_up_to_date_behind(
        self, door: SessionSignIn, alice: User
    ) -> None:
        token, renamed, old = await in_database(issue_token, alice), uuid4(), uuid4()
        await together(come(door, token, renamed), come(door, token, old))
        long_ago = timezone.now() - SEEN_RESOLUTION - timedelta(seconds=1)
        await in_database(Terminal.unscoped.filter(pk=old).update, last_seen_at=long_ago)

        await together(come(door, token, renamed, name="Office", platform="bot"), come(door, token, old))
        await door.close()

        found = {terminal.id: terminal for terminal in await in_database(terminals)}
        assert (found[renamed].name, found[renamed].platform) == ("Office", "bot")
        assert (found[old].name, found[old].platform) == ("Desk", "linux")
        assert found[old].last_seen_at > long_ago + timedelta(minutes=1)

    @pytest.mark.parametrize("other", ["bob", "eve"])
    async def test_the_id_of_anothers_terminal_is_refused_and_stays_hers(
        self, door: SessionSignIn, alice: User, bob: User, eve: User, other: str
    ) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()
        thief = await in_database(issue_token, {"bob": bob, "eve": eve}[other])
        await come(door, token, terminal_id)

        stolen, own = await together(come(door, thief, terminal_id, name="Mine"), come(door, token, terminal_id))

        await door.close()
        assert isinstance(stolen, TerminalRefused)
        assert own.user_id == alice.id
        (kept,) = await in_database(terminals)
        assert (kept.user_id, kept.name) == (alice.id, "Desk")

    async def test_of_two_who_bring_the_same_new_id_at_once_one_gets_it(
        self, door: SessionSignIn, alice: User, eve: User
    ) -> None:
        hers, other = await in_database(issue_token, alice), await in_database(issue_token, eve)
        terminal_id = uuid4()

        results = await together(
            come(door, hers, terminal_id), come(door, other, terminal_id), come(door, hers, terminal_id)
        )

        assert [result.user_id for result in results[::2]] == [alice.id] * 2
        assert isinstance(results[1], TerminalRefused)

    async def test_two_nodes_do_not_both_give_it_away(self, door: SessionSignIn, alice: User, eve: User) -> None:
        hers, other = await in_database(issue_token, alice), await in_database(issue_token, eve)
        second = SessionSignIn(database.conninfo(), limits=PATIENT)

        for _ in range(10):
            terminal_id = uuid4()
            results = await together(come(door, hers, terminal_id), come(second, other, terminal_id))
            winners = [result for result in results if isinstance(result, Principal)]
            stored = await in_database(Terminal.unscoped.get, pk=terminal_id)
            assert [winner.user_id for winner in winners] == [stored.user_id]
            assert [type(result) for result in results if result not in winners] == [TerminalRefused]

        await second.close()

    async def test_a_revoked_terminal_is_refused_for_good(self, door: SessionSignIn, alice: User) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()
        await come(door, token, terminal_id)
        await in_database(services.revoke_terminal, await in_database(Terminal.unscoped.get, pk=terminal_id))

        fresh = await in_database(issue_token, alice)
        told, refused, other, stranger = await together(
            come(door, token, terminal_id),
            come(door, fresh, terminal_id, name="New"),
            come(door, fresh),
            come(door, token),
        )

        assert [type(verdict) for verdict in (told, refused)] == [TerminalRefused] * 2
        assert other.user_id == alice.id
        assert isinstance(stranger, TokenInvalid)  # its token ended with the terminal

    async def test_bad_fields_are_refused_alone_and_only_to_whom_they_concern(
        self, door: SessionSignIn, alice: User
    ) -> None:
        token = await in_database(issue_token, alice)
        bad: list[dict[str, Any]] = [
            {"platform": "toaster"},
            {"name": "x" * 65},
            {"name": "a\nb"},
            {"name": "\0"},
            {"terminal_id": UUID(int=0)},
        ]

        refused = await together(*(come(door, token, **fields) for fields in bad), come(door, token))
        strangers = await together(*(come(door, "nonsense", **fields) for fields in bad))

        assert [type(result) for result in refused] == [InvalidInput] * 4 + [TerminalRefused, Principal]
        assert [type(result) for result in strangers] == [TokenInvalid] * 5
        assert len(await in_database(terminals)) == 1


class TestChains:
    async def test_a_terminal_is_known_by_the_chain_it_signs_in_with(self, door: SessionSignIn, alice: User) -> None:
        terminal = await in_database(terminal_of, alice)
        token, single = await in_database(sign_in_chain, alice, terminal), await in_database(issue_token, alice)
        await in_database(TerminalToken.unscoped.all().delete)

        await together(*(come(door, each, terminal.id) for each in (token, single, token)))

        links = await in_database(lambda: list(TerminalToken.unscoped.order_by("access_token_id")))
        family = await in_database(lambda: access_token_of(token).refresh_token.token_family)
        assert [(link.token_family, link.access_token_id) for link in links] == [
            (None, (await in_database(access_token_of, single)).pk),
            (family, None),
        ]
        assert {(link.terminal_id, link.tenant_id) for link in links} == {(terminal.id, alice.tenant_id)}

    async def test_at_the_bound_the_oldest_chain_ends(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "MAX_CHAINS", 2)
        terminal_id = uuid4()
        tokens = [await in_database(issue_token, alice) for _ in range(3)]

        for token in tokens:
            await come(door, token, terminal_id)

        assert [await in_database(is_alive, token) for token in tokens] == [False, True, True]
        assert await in_database(TerminalToken.unscoped.count) == 2

    async def test_a_terminal_that_makes_room_takes_its_tokens_along(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "MAX_TERMINALS", 1)
        shared, own, fresh = [await in_database(issue_token, alice) for _ in range(3)]
        oldest = uuid4()
        await come(door, own, oldest)
        await come(door, shared, oldest)

        await together(come(door, shared, uuid4()))
        await come(door, fresh, uuid4())

        assert await in_database(is_alive, own) is False
        assert await in_database(is_alive, fresh) is True


class TestAddresses:
    async def test_where_it_was_last_used_is_noted(self, door: SessionSignIn, alice: User) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()
        await come(door, token, terminal_id, address="10.0.0.1")
        (at_first,) = await in_database(terminals)

        await come(door, token, terminal_id, address="10.0.0.2")
        await come(door, token, terminal_id)
        await door.close()

        (moved,) = await in_database(terminals)
        assert (at_first.address, moved.address) == ("10.0.0.1", "10.0.0.2")


class TestPlaces:
    @pytest_asyncio.fixture(autouse=True)
    async def _two_of_the_web(self, transactional_db: None, tenant: Tenant) -> None:
        tenant.settings = {"terminals": {"per_platform": {"web": 2}}}
        await in_database(tenant.save)

    async def test_one_more_takes_the_place_of_the_one_used_longest_ago(self, door: SessionSignIn, alice: User) -> None:
        tokens = [await in_database(issue_token, alice) for _ in range(3)]
        first, second, third = (uuid4() for _ in tokens)
        await come(door, tokens[0], first, platform="web")
        await come(door, tokens[1], second, platform="web")
        await come(door, tokens[0], uuid4(), platform="ios")

        await come(door, tokens[2], third, platform="web", name="Laptop")

        told, kept, other = await together(
            come(door, tokens[0], first, platform="web"),
            come(door, tokens[1], second, platform="web"),
            come(door, tokens[2], third, platform="web"),
        )
        assert isinstance(told, SignedInElsewhere)
        assert (told.fields["platform"], told.fields["name"]) == ("web", "Laptop")
        assert [kept.user_id, other.user_id] == [alice.id] * 2

    async def test_it_gets_a_place_back_with_a_sign_in_of_later(self, door: SessionSignIn, alice: User) -> None:
        tokens = [await in_database(issue_token, alice) for _ in range(3)]
        places = [uuid4() for _ in tokens]
        for token, place in zip(tokens, places, strict=True):
            await come(door, token, place, platform="web")

        later = await in_database(issue_token, alice)
        await come(door, later, places[0], platform="web")

        now_out = await together(
            *(come(door, token, place, platform="web") for token, place in zip(tokens, places, strict=True))
        )
        assert [type(each) for each in now_out] == [TokenInvalid, SignedInElsewhere, Principal]

    async def test_of_many_at_several_nodes_at_once_no_more_stay_than_may(
        self, door: SessionSignIn, alice: User
    ) -> None:
        doors = [door, *(SessionSignIn(database.conninfo(), limits=PATIENT) for _ in range(3))]
        tokens = [await in_database(issue_token, alice) for _ in range(8)]
        comers = [(doors[number % 4], token, uuid4()) for number, token in enumerate(tokens)]

        await together(*(come(at, token, terminal, platform="web") for at, token, terminal in comers))
        confirmed = await together(*(come(at, token, terminal, platform="web") for at, token, terminal in comers))

        assert sorted({type(each).__name__ for each in confirmed}) == ["Principal", "SignedInElsewhere"]
        assert [type(each) for each in confirmed].count(Principal) == 2
        assert sum(each.displaced_at is None for each in await in_database(terminals)) == 2
        for other in doors[1:]:
            await other.close()

    async def test_a_bound_set_later_holds_from_the_next_sign_in_on(
        self, door: SessionSignIn, alice: User, tenant: Tenant
    ) -> None:
        tokens, places = [await in_database(issue_token, alice) for _ in range(2)], [uuid4(), uuid4()]
        for token, place in zip(tokens, places, strict=True):
            await come(door, token, place, platform="web")
        tenant.settings = {"terminals": {"per_platform": {"web": 1}}}
        await in_database(tenant.save)

        await come(door, tokens[0], places[0], platform="web")

        assert isinstance((await together(come(door, tokens[1], places[1], platform="web")))[0], SignedInElsewhere)

    async def test_without_a_database_for_places_she_is_told_to_come_back(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise OperationalError

        monkeypatch.setattr(session_sign_in, "take_places", away)

        with pytest.raises(Unavailable):
            await come(door, await in_database(issue_token, alice), platform="web")


class TestRoom:
    async def test_at_the_bound_the_terminal_unseen_longest_makes_room(
        self, door: SessionSignIn, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "MAX_TERMINALS", 2)
        hers, his = await in_database(issue_token, alice), await in_database(issue_token, bob)
        kept, oldest, newest, another = (uuid4() for _ in range(4))
        await together(come(door, hers, kept), come(door, hers, oldest), come(door, his, another))
        long_ago = timezone.now() - timedelta(days=9)
        await in_database(Terminal.unscoped.filter(pk__in=[oldest, another]).update, last_seen_at=long_ago)

        await come(door, hers, newest)

        assert {terminal.id for terminal in await in_database(terminals)} == {kept, newest, another}

    async def test_revoked_terminals_do_not_count_and_do_not_go(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "MAX_TERMINALS", 1)
        token, revoked, current = await in_database(issue_token, alice), uuid4(), uuid4()
        await come(door, token, revoked)
        await in_database(Terminal.unscoped.filter(pk=revoked).update, revoked_at=timezone.now())

        await come(door, token, current)

        assert {terminal.id for terminal in await in_database(terminals)} == {revoked, current}


class TestBounds:
    async def test_a_batch_costs_one_statement_for_known_terminals(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = await in_database(issue_token, alice)
        known = [uuid4() for _ in range(8)]
        sent: list[str] = []
        execute = line.Line.execute

        async def count(self: line.Line, statement: Any, parameters: Any = ()) -> Any:
            sent.append(statement)
            return await execute(self, statement, parameters)

        monkeypatch.setattr(line.Line, "execute", count)
        await together(*(come(door, token, terminal_id) for terminal_id in known))
        at_first = sent.copy()
        sent.clear()
        measured = Measured()
        await together(*(come(door, token, terminal_id) for terminal_id in known))

        assert measured.grown("im_sign_in_batch_sessions") == measured.grown("im_sign_in_batch_seconds") == 1
        assert at_first == [statements.CHECK, statements.INSERT_TERMINALS, statements.MAKE_ROOM, statements.LINK_TOKENS]
        assert sent == [statements.CHECK]

    async def test_a_queue_that_is_full_says_when_to_come_back(self, transactional_db: None, alice: User) -> None:
        await in_database(services.ensure_applications)
        token = await in_database(issue_token, alice)
        door = SessionSignIn(database.conninfo(), limits=BatchLimits(max_queue=2))

        results = await together(*(come(door, token) for _ in range(3)))

        await door.close()
        assert [type(result) for result in results] == [Principal, Principal, SignInBusy]
        assert results[2].retryable
        assert results[2].retry_after_ms > 0

    async def test_without_a_database_everybody_is_told_to_come_back(self) -> None:
        with socket.socket() as nobody:  # bound, but nobody listens
            nobody.bind(("127.0.0.1", 0))
            door = SessionSignIn(make_conninfo("", host="127.0.0.1", port=nobody.getsockname()[1]))

            results = await together(*(come(door, "token") for _ in range(3)))

        await door.close()
        assert [type(result) for result in results] == [Unavailable] * 3

    async def test_a_database_that_stands_still_keeps_nobody_for_ever(
        self, transactional_db: None, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await in_database(services.ensure_applications)
        token = await in_database(issue_token, alice)
        monkeypatch.setattr(line, "LOCK_TIMEOUT_MS", 1)
        door = SessionSignIn(database.conninfo())
        async with await psycopg.AsyncConnection.connect(database.conninfo()) as other:
            await other.execute("LOCK TABLE accounts_terminal IN ACCESS EXCLUSIVE MODE")

            with pytest.raises(Unavailable):
                await come(door, token)

        assert (await come(door, token)).user_id == alice.id
        await door.close()

    async def test_a_terminal_that_is_always_taken_away_again_ends_in_a_pause(
        self, door: SessionSignIn, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = await in_database(issue_token, alice)
        monkeypatch.setattr(statements, "MAX_TERMINALS", 0)
        gone = statements.INSERT_TERMINALS.replace("RETURNING id", "RETURNING NULL::uuid")
        monkeypatch.setattr(statements, "INSERT_TERMINALS", gone)

        with pytest.raises(Unavailable):
            await come(door, token)

    async def test_what_was_seen_and_not_written_when_it_closes_is_written_then(
        self, door: SessionSignIn, alice: User
    ) -> None:
        token, terminal_id = await in_database(issue_token, alice), uuid4()
        await come(door, token, terminal_id)
        await in_database(Terminal.unscoped.update, last_seen_at=datetime(2026, 1, 1, tzinfo=UTC))
        await come(door, token, terminal_id)

        await door.close()

        (terminal,) = await in_database(terminals)
        assert terminal.last_seen_at > datetime(2026, 1, 2, tzinfo=UTC)
