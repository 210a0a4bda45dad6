"""The catalogue of accounts' refusals."""

import pytest

from apps.accounts import errors
from apps.common.errors import ImError


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.UsernameTaken(login="a@b"), "username_taken", 409),
        (errors.PasswordTooWeak(reason="short"), "password_too_weak", 400),
        (errors.UserNotFound(user="42"), "user_not_found", 404),
        (errors.TokenInvalid(), "token_invalid", 401),
        (errors.TerminalRefused(), "terminal_refused", 403),
        (errors.SignInLimited(seconds=30), "rate_limited", 429),
    ],
)
def test_codes_and_statuses_are_stable_and_texts_complete(error: ImError, code: str, status: int) -> None:
    assert (error.code, error.status) == (code, status)
    assert error.text
    assert "%(" not in error.text


@pytest.mark.parametrize(("seconds", "said"), [(119, "119 seconds"), (120, "2 minutes"), (241, "5 minutes")])
def test_a_long_wait_is_told_in_minutes_that_are_enough(seconds: int, said: str) -> None:
    assert said in errors.SignInLimited(seconds=seconds).text
