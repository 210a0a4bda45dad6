"""The defaults fit what the protocol allows."""

import msgspec
import pytest

from apps.client.options import ClientOptions
from apps.wire.frames import Platform


def test_the_default_platform_is_one_of_the_protocol() -> None:
    assert msgspec.convert(ClientOptions().platform, Platform) == "bot"


def test_every_client_has_its_own_clock() -> None:
    assert ClientOptions().timing is not ClientOptions().timing


def test_options_cannot_change_under_a_running_client() -> None:
    with pytest.raises(AttributeError):
        ClientOptions().inbox_limit = 5  # type: ignore[misc]
