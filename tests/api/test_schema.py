"""The OpenAPI document tells the truth: schemathesis tries every operation with what the document allows and forbids.

Requests go through the whole WSGI application in this process, with a real access token. Examples are derandomized, so
a failure is the same on every machine.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from pytest_django import Settings
from schemathesis.core.parameters import ParameterLocation

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.messaging.services import conversations
from apps.wire.ids import TerminalId, UserId, make_message_id
from tests.rest_client import issue_token

REFUSALS = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
NO_VERSION = [400, 401, 403, 406, 415, 428]
config = schemathesis.Config.from_dict(
    {
        "checks": {
            "negative_data_rejection": {"expected-statuses": REFUSALS},
            "missing_required_header": {"expected-statuses": NO_VERSION},
        }
    }
)
document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application(), config=config)
bounded = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """Keep Django from closing the test's connection, with its open transaction, after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def try_out(_kept_connection: None, alice: User, bob: User, settings: Settings) -> Callable[[Any, bool], None]:
    """Send one generated request as Alice; `inside` aims it at a group that she owns and Bob is in."""
    settings.IM_REST_PER_MINUTE = dict.fromkeys(settings.IM_REST_PER_MINUTE, 1_000_000)
    group = conversations.start_group(alice, title="Group", member_ids=[bob.id], now_ms=now_ms())
    headers = {"Authorization": f"Bearer {issue_token(alice)}"}
    numbers = itertools.count()

    def fresh_id() -> str:
        random = next(numbers).to_bytes(9, "big")
        return make_message_id(UserId(alice.id), TerminalId(UUID(int=0)), time_ms=1, random=random).to_text()

    def send(case: Any, inside: bool) -> None:
        if inside and not case.meta.is_negative_at(ParameterLocation.PATH):
            real = {"conversation": str(group.id), "user": str(bob.id)}
            case.path_parameters.update({name: real[name] for name in case.path_parameters})
        _obey_unsaid_rules(case, fresh_id)
        case.call_and_validate(headers=headers)

    return send


def _obey_unsaid_rules(case: Any, fresh_id: Callable[[], str]) -> None:
    """What a client must know beside the document, applied to examples that are meant to be right."""
    if not case.meta.is_negative_at(ParameterLocation.QUERY) and case.query:
        case.query.pop("cursor", None)  # cursors come from the page before
        if "after" in case.query:
            case.query.pop("before", None)  # one direction at a time
    if not case.meta.is_negative_at(ParameterLocation.HEADER) and "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = fresh_id()[-40:]  # a key belongs to one request
    if not case.meta.is_negative_at(ParameterLocation.BODY) and not isinstance(case.body, bytes):
        case.body = _meaningful(_without_fractions(case.body))
        if case.operation.label == "POST /api/v1/conversations/{conversation}/events":
            case.body["id"] = fresh_id()  # a message id holds its sender


def _meaningful(value: Any) -> Any:
    """Ends lie in the future, roles hold permissions that there are, and who may write may see."""
    match value:
        case {"may_write": True, "may_see": False}:
            return _meaningful({**value, "may_see": True})
        case dict():
            known = {"expires_at": 4_102_444_800_000, "units": ["audit.entries.view"]}
            return {key: known[key] if key in known and item else _meaningful(item) for key, item in value.items()}
        case list():
            return [_meaningful(item) for item in value]
        case _:
            return value


def _without_fractions(value: Any) -> Any:
    """JSON Schema takes 3.0 for an integer; this API wants it written as 3."""
    match value:
        case dict():
            return {key: _without_fractions(item) for key, item in value.items()}
        case list():
            return [_without_fractions(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


@document.parametrize()
@bounded
def test_every_operation_keeps_its_word(case: Any, try_out: Callable[[Any, bool], None]) -> None:
    try_out(case, False)


@document.include(path_regex="{conversation}").parametrize()
@bounded
def test_operations_on_a_real_conversation_keep_their_word(case: Any, try_out: Callable[[Any, bool], None]) -> None:
    try_out(case, True)
