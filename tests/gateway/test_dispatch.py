"""From operations to services: who may, what is answered, and how errors are told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
import pytest_asyncio
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import get_language

from apps.accounts.errors import TicketSpent, TokenInvalid
from apps.accounts.models import User
from apps.accounts.policies import Access
from apps.accounts.services import create_user, ensure_applications, revoke_tokens, update_profile
from apps.accounts.services.tickets import issue_ticket
from apps.common.clock import now_ms
from apps.common.database import CONNECT_TIMEOUT_S, STATEMENT_TIMEOUT_MS
from apps.conversations.errors import ConversationNotFound
from apps.gateway import dispatch as module
from apps.gateway.dispatch import Dispatcher
from apps.gateway.session import Identity
from apps.messaging import runtime, selectors
from apps.messaging.errors import Busy
from apps.messaging.store.lane import Limits
from apps.messaging.store.records import NOBODY, Committed
from apps.tenants.models import Tenant
from apps.wire.frames import Read, Received, SignIn, Sync
from apps.wire.ids import ConversationId, TenantId, TerminalId
from tests.conftest import PASSWORD
from tests.gateway.conftest import in_database
from tests.gateway.session.frames import ROOM, identity, message, sign_in
from tests.rest_client import issue_token


@pytest_asyncio.fixture
async def dispatcher() -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher()
    yield dispatcher
    await dispatcher.close()


class TestRefusals:
    @pytest.mark.parametrize(
        ("error", "code", "retry"),
        [
            (ConversationNotFound(conversation="c"), "conversation_not_found", False),
            (Busy(), "busy", True),
            (OperationalError("gone"), "unavailable", True),
            (psycopg.OperationalError("gone"), "unavailable", True),
            (TimeoutError(), "unavailable", True),
            (ZeroDivisionError(), "internal", True),
        ],
    )
    def test_every_error_has_its_code(self, dispatcher: Dispatcher, error: Exception, code: str, retry: bool) -> None:
        frame = dispatcher.refusal(error, message(), language="en")

        assert (frame.code, frame.retry, frame.id) == (code, retry, message().id)
        assert frame.message
        assert (frame.retry_after_ms > 0) is retry

    def test_details_and_marks_are_passed_on(self, dispatcher: Dispatcher) -> None:
        frame = dispatcher.refusal(ConversationNotFound(conversation="c7"), Sync(ROOM, 0, ref="r1"), language="en")

        assert (frame.ref, frame.details) == ("r1", {"conversation": "c7"})
        assert "c7" in frame.message

    def test_a_defect_is_logged_with_its_traceback_and_tells_nothing(
        self, dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR):
            frame = dispatcher.refusal(RuntimeError("secret detail"), message(), language="en")

        assert "secret detail" in caplog.text
        assert "secret detail" not in frame.message

    def test_the_text_is_in_the_users_language(self, dispatcher: Dispatcher) -> None:
        class Spoken(TokenInvalid):
            @property
            def text(self) -> str:
                return f"in {get_language()}"

        frame = dispatcher.refusal(Spoken(), sign_in(), language="zh-hans")

        assert frame.message == "in zh-hans"


class TestNotes:
    async def test_a_node_that_stops_drops_them(self, dispatcher: Dispatcher) -> None:
        for frame in (Received(ROOM, 1), Read(ROOM, 1)):
            assert dispatcher.note(identity(), frame) is None  # type: ignore[func-returns-value]

    async def test_positions_are_told_apart(self, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
        noted: list[Any] = []

        class Cursors:
            def note(self, *arguments: Any, **positions: int) -> None:
                noted.append((*arguments, positions))

        class Runtime:
            cursors = Cursors()

        monkeypatch.setattr(runtime, "get", Runtime)
        who = identity()

        dispatcher.note(who, Received(ROOM, 5))
        dispatcher.note(who, Read(ROOM, 3))

        assert noted == [
            (who.tenant, ROOM, who.user, {"delivered_seq": 5, "read_seq": 0}),
            (who.tenant, ROOM, who.user, {"delivered_seq": 0, "read_seq": 3}),
        ]


class TestResuming:
    async def test_looks_back_a_little_further_than_asked(
        self, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Any] = []

        async def changed_since(batch: Sequence[selectors.Since], limit: int) -> list[list[Any]]:
            asked.extend((each, limit) for each in batch)
            return [[] for _ in batch]

        monkeypatch.setattr(selectors, "changed_since", changed_since)
        who = identity()

        answers = [await dispatcher.changed_since(who, since) for since in (1_000_000, 5, None)]

        assert asked == [((who.tenant, who.user, 910_000), 201), ((who.tenant, who.user, 0), 201)]
        assert answers == [([], False)] * 3

    def test_looks_back_as_far_as_a_commit_can_stay_untold(self) -> None:
        untold_s = Limits().settle_s + CONNECT_TIMEOUT_S + STATEMENT_TIMEOUT_MS / 1000

        assert untold_s * 1000 < module.RESUME_OVERLAP_MS

    @pytest.mark.parametrize(("count", "start_over"), [(200, False), (201, True)])
    async def test_more_than_a_welcome_lists_means_start_over(
        self, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, count: int, start_over: bool
    ) -> None:
        async def changed_since(batch: Sequence[selectors.Since], limit: int) -> list[list[Any]]:
            return [[None] * count for _ in batch]

        monkeypatch.setattr(selectors, "changed_since", changed_since)

        states, over = await dispatcher.changed_since(identity(), 1)

        assert (len(states), over) == (0 if start_over else 200, start_over)


@pytest.mark.django_db(transaction=True)
class TestSigningIn:
    async def test_a_good_token_tells_who_where_and_in_which_language(
        self, dispatcher: Dispatcher, alice: User
    ) -> None:
        await in_database(ensure_applications)
        await in_database(update_profile, alice, locale="zh-hans")
        token, terminal = await in_database(issue_token, alice), TerminalId(uuid4())
        frame = SignIn(token=token, terminal=terminal, platform="web")

        who, language = await dispatcher.sign_in(frame)

        assert (who.tenant, who.user, who.terminal) == (alice.tenant_id, alice.pk, terminal)
        assert who.expires_ms > 0
        assert language == alice.locale == "zh-hans"

    async def test_a_bad_token_is_refused(self, dispatcher: Dispatcher, alice: User) -> None:
        with pytest.raises(TokenInvalid):
            await dispatcher.sign_in(sign_in())

    async def test_who_is_shut_out_meanwhile_is_not_confirmed(self, dispatcher: Dispatcher, alice: User) -> None:
        await in_database(ensure_applications)
        token = await in_database(issue_token, alice)
        frame = SignIn(token=token, terminal=TerminalId(uuid4()), platform="web")
        await dispatcher.sign_in(frame)
        await dispatcher.confirm(frame)

        await in_database(revoke_tokens, alice)

        with pytest.raises(TokenInvalid):
            await dispatcher.confirm(frame)

    async def test_several_are_checked_at_once(self, dispatcher: Dispatcher, alice: User) -> None:
        results = await asyncio.gather(*(dispatcher.sign_in(sign_in()) for _ in range(8)), return_exceptions=True)

        assert [type(result) for result in results] == [TokenInvalid] * 8


async def test_without_a_running_node_requests_are_told_to_come_back(dispatcher: Dispatcher) -> None:
    who = Identity(TenantId(uuid4()), identity().user, identity().terminal, 1)
    texts: list[str] = []

    dispatcher.send(message(), identity=who, session_id="s", language="en", done=texts.append)
    texts.append(await dispatcher.answer(Sync(ROOM, 0, ref="r1"), identity=who, language="en"))

    answers = [msgspec.json.decode(text) for text in texts]
    assert [(answer["op"], answer["code"], answer["retry"]) for answer in answers] == [
        ("error", "unavailable", True)
    ] * 2


class TestSending:
    """What becomes of a message once the store has it."""

    @pytest.fixture
    async def sent(self, monkeypatch: pytest.MonkeyPatch) -> "asyncio.Future[Committed]":
        future: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(module, "submit_message", lambda *arguments, **fields: future)
        return future

    async def test_is_answered_once_it_is_committed(
        self, dispatcher: Dispatcher, sent: "asyncio.Future[Committed]"
    ) -> None:
        texts: list[str] = []

        dispatcher.send(message(), identity=identity(), session_id="s", language="en", done=texts.append)
        before = list(texts)
        sent.set_result(Committed(b"", ConversationId(ROOM), 7, 1_000, False, NOBODY, 1))
        await asyncio.sleep(0)

        assert before == []
        assert msgspec.json.decode(texts[0]) == {
            "op": "ack",
            "id": message().id,
            "conversation": str(ROOM),
            "seq": 7,
            "time": 1_000,
        }

    async def test_is_refused_when_the_store_refuses_it(
        self, dispatcher: Dispatcher, sent: "asyncio.Future[Committed]"
    ) -> None:
        texts: list[str] = []

        dispatcher.send(message(), identity=identity(), session_id="s", language="en", done=texts.append)
        sent.set_exception(ConversationNotFound(conversation="c7"))
        await asyncio.sleep(0)

        refusal = msgspec.json.decode(texts[0])
        assert (refusal["op"], refusal["code"], refusal["id"]) == ("error", "conversation_not_found", message().id)


@pytest.mark.django_db(transaction=True)
class TestTickets:
    async def test_a_ticket_opens_one_session_and_no_second(self, dispatcher: Dispatcher) -> None:
        user, ticket = await in_database(_somebody_with_a_ticket)

        found, _language = await dispatcher.sign_in(SignIn(token=ticket, terminal=uuid4(), platform="web"))

        assert found.user == user.id
        assert found.expires_ms > now_ms() + 3_500_000
        with pytest.raises(TicketSpent):
            await dispatcher.sign_in(SignIn(token=ticket, terminal=uuid4(), platform="web"))

    async def test_the_session_it_opened_is_confirmed_and_ends_when_she_is_signed_out(
        self, dispatcher: Dispatcher
    ) -> None:
        user, ticket = await in_database(_somebody_with_a_ticket)
        frame = SignIn(token=ticket, terminal=uuid4(), platform="web")
        await dispatcher.sign_in(frame)

        await dispatcher.confirm(frame)

        await in_database(lambda: revoke_tokens(user))
        with pytest.raises(TokenInvalid):
            await dispatcher.confirm(frame)


def _somebody_with_a_ticket() -> tuple[User, str]:
    tenant = Tenant.objects.create(slug=f"t{uuid4().hex[:8]}", name="T")
    user = create_user(tenant, username="dora", password=PASSWORD)
    whole = Access(frozenset({"im"}), "imsite-web", "7", 0)
    issued = issue_ticket(
        user, whole, issuer="https://im", audience="imsite", scopes=["im"], lifetime_s=60, now=timezone.now()
    )
    return user, issued.token
