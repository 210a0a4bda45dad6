"""Every refusal of the log speaks a code of the protocol."""

import pytest

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
