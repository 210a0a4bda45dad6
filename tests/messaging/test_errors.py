"""Every refusal of the log speaks a code of the protocol."""

import pytest
from django.utils import translation

from apps.common.errors import ImError
from apps.messaging import errors
from apps.wire.errors import RETRYABLE, ErrorCode

CATALOGUE = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("error", CATALOGUE, ids=lambda error: error.__name__)
def test_its_code_is_known_to_clients(error: type[ImError]) -> None:
    assert error.code in {*ErrorCode, "invalid_input"}
    assert error.retryable == (error.code in RETRYABLE)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.InvalidBody(reason="too long"), "The message body is not valid: too long."),
        (errors.InvalidMessageId(reason="short"), "The message id is not valid: short."),
    ],
)
def test_it_says_what_is_wrong(error: ImError, text: str) -> None:
    assert error.text == text


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.InvalidMessageId(reason="short"), "invalid_message_id", 400),
        (errors.MessageIdMismatch(), "message_id_mismatch", 400),
        (errors.MessageIdConflict(), "message_id_conflict", 409),
        (errors.InvalidBody(reason="long"), "invalid_body", 400),
        (errors.InvalidCursor(), "invalid_input", 400),
        (errors.ConversationNotFound(conversation="42"), "conversation_not_found", 404),
        (errors.Blocked(), "blocked", 403),
        (errors.Busy(), "busy", 503),
        (errors.Unavailable(), "unavailable", 503),
    ],
)
def test_codes_and_statuses_never_change_and_texts_are_complete_in_both_languages(
    error: ImError, code: str, status: int
) -> None:
    with translation.override("en"):
        english = error.text
    with translation.override("zh-hans"):
        chinese = error.text

    assert (error.code, error.status) == (code, status)
    assert (error.retry_after_ms > 0) is error.retryable
    assert english != chinese
    assert not any("%(" in text for text in (english, chinese))
