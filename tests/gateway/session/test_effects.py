"""Effects are plain values: equal when they say the same, and unchangeable."""

import copy

import pytest

from apps.gateway.session import Authenticate, Call, Close, SendText
from apps.wire.errors import CloseCode
from tests.gateway.session.frames import identity, message, sign_in

EFFECTS = [SendText("{}"), Authenticate(sign_in()), Call(message(), identity()), Close(CloseCode.IDLE, "idle")]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: type(effect).__name__)
def test_an_effect_is_a_value(effect: SendText | Authenticate | Call | Close) -> None:
    field = effect.__struct_fields__[0]

    assert effect == copy.copy(effect)
    with pytest.raises(AttributeError):
        setattr(effect, field, None)
