"""Another company's data stays out of reach through every single route.

`ATTEMPTS` has one entry per route and method; a route without an entry fails the first test.
"""

from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.messaging import selectors
from apps.messaging.services import conversations
from apps.wire.ids import TerminalId, UserId, make_message_id
from tests.api.attempts import APPLICATIONS, DIRECTORY, POWERS, SERVICE_ACCOUNTS, TERMINALS, TICKETS, Attempt
from tests.api.routes import api_operations
from tests.rest_client import Answer, signed_in

ONE = "/api/v1/conversations/{conversation}"
NOT_FOUND = (404, "conversation_not_found")


ATTEMPTS: dict[tuple[str, str], Attempt] = {
    ("GET", "/api/v1/me"): Attempt(None),
    ("PATCH", "/api/v1/me"): Attempt(None, {"display_name": "Mallory"}),
    ("GET", "/api/v1/users"): Attempt(None),
    ("GET", "/api/v1/users/{user}"): Attempt((404, "user_not_found")),
    ("GET", "/api/v1/users/by-login"): Attempt((400, "invalid_input")),
    ("GET", "/api/v1/contacts"): Attempt(None),
    ("PUT", "/api/v1/contacts/{user}"): Attempt((404, "user_not_found")),
    ("DELETE", "/api/v1/contacts/{user}"): Attempt((404, "user_not_found")),
    ("GET", "/api/v1/blocks"): Attempt(None),
    ("PUT", "/api/v1/blocks/{user}"): Attempt((404, "user_not_found")),
    ("DELETE", "/api/v1/blocks/{user}"): Attempt((404, "user_not_found")),
    ("GET", "/api/v1/conversations"): Attempt(None),
    ("POST", "/api/v1/conversations"): Attempt((404, "user_not_found"), {"kind": "direct", "user": "{user}"}),
    ("GET", ONE): Attempt(NOT_FOUND),
    ("PATCH", ONE): Attempt(NOT_FOUND, {"title": "Taken over"}),
    ("GET", f"{ONE}/members"): Attempt(NOT_FOUND),
    ("POST", f"{ONE}/members"): Attempt(NOT_FOUND, {"members": ["{eve}"]}),
    ("PATCH", f"{ONE}/members/{{user}}"): Attempt(NOT_FOUND, {"role": "member"}),
    ("DELETE", f"{ONE}/members/{{user}}"): Attempt(NOT_FOUND),
    ("GET", f"{ONE}/events"): Attempt(NOT_FOUND),
    ("POST", f"{ONE}/events"): Attempt(NOT_FOUND, {"id": "{id}", "kind": "text", "body": {"text": "boo"}}),
    ("PUT", f"{ONE}/cursor"): Attempt(NOT_FOUND, {"read_seq": 1}),
    ("GET", "/api/v1/users/{user}/card"): Attempt((404, "user_not_found")),
    ("GET", "/api/v1/directory"): Attempt(None),
    ("GET", "/api/v1/directory/departments/{department}"): Attempt((404, "department_not_found")),
    ("GET", "/api/v1/directory/departments/{department}/people"): Attempt((404, "department_not_found")),
    **APPLICATIONS,
    **POWERS,
    **SERVICE_ACCOUNTS,
    **TERMINALS,
    **TICKETS,
    **DIRECTORY,
}


def test_every_route_has_its_attempt() -> None:
    assert set(ATTEMPTS) == api_operations()


def filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return names.get(value.strip("{}"), value) if isinstance(value, str) else value


@pytest.mark.parametrize(("method", "path"), sorted(ATTEMPTS))
class TestAcrossTenants:
    @pytest.fixture
    def group_id(self, alice: User, bob: User) -> UUID:
        return conversations.start_group(alice, title="Secret", member_ids=[bob.id], now_ms=now_ms()).id

    @pytest.fixture(autouse=True)
    def _names(self, things: dict[str, str]) -> None:
        self.things = things

    def answer(self, user: User, method: str, path: str, alice: User, group_id: UUID) -> Answer:
        message_id = make_message_id(UserId(user.id), TerminalId(UUID(int=0)), time_ms=1, random=bytes(9))
        names = {
            **self.things,
            "user": str(alice.id),
            "eve": str(user.id),
            "conversation": str(group_id),
            "id": message_id.to_text(),
        }
        body = filled(ATTEMPTS[method, path].body, names)
        return signed_in(user).request(method, path.format_map(names), body, **{"If-Match": '"1"'})

    def test_a_stranger_is_refused_or_sees_only_her_own(
        self, method: str, path: str, alice: User, eve: User, group_id: UUID
    ) -> None:
        before = selectors.conversation_view_sync(alice.tenant_id, alice.id, group_id)

        answer = self.answer(eve, method, path, alice, group_id)

        attempt = ATTEMPTS[method, path]
        if attempt.refusal:
            assert (answer.status, answer.code) == attempt.refusal
        else:
            assert answer.status == 200
            assert str(alice.id) not in str(answer.body)
            assert not any(thing in str(answer.body) for thing in self.things.values())
            assert str(group_id) not in str(answer.body)
        alice.refresh_from_db()
        assert alice.display_name == "Alice"
        assert selectors.conversation_view_sync(alice.tenant_id, alice.id, group_id) == before

    def test_a_colleague_who_is_no_member_is_told_the_same(
        self, method: str, path: str, alice: User, carol: User, group_id: UUID
    ) -> None:
        if ATTEMPTS[method, path].refusal != NOT_FOUND:
            return

        answer = self.answer(carol, method, path, alice, group_id)

        assert (answer.status, answer.code) == NOT_FOUND

    def test_the_answer_is_that_for_an_id_that_does_not_exist(
        self, method: str, path: str, alice: User, eve: User, group_id: UUID
    ) -> None:
        if ATTEMPTS[method, path].refusal != NOT_FOUND:
            return
        nowhere = UUID(int=group_id.int ^ 1)

        foreign = self.answer(eve, method, path, alice, group_id)
        absent = self.answer(eve, method, path, alice, nowhere)

        assert str(foreign.body).replace(str(group_id), "") == str(absent.body).replace(str(nowhere), "")
