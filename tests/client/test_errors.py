"""The client's errors name the code a program switches on."""

import pytest

from apps.client.errors import ClientError, ConnectionLost, RequestRefused, SendRefused, SignInRefused


@pytest.mark.parametrize(
    "error",
    [
        SignInRefused("token_invalid", "no"),
        SendRefused("invalid_body", "no", message_id="m"),
        RequestRefused("conversation_not_found", "no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_carries_and_shows_its_code(error: SignInRefused | SendRefused | RequestRefused) -> None:
    assert isinstance(error, ClientError)
    assert f"({error.code})" in str(error)


def test_a_lost_connection_says_so_without_a_reason() -> None:
    assert str(ConnectionLost(1006, "")) == "connection lost: no reason given (1006)"
