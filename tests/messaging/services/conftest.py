"""What members hear of what the services do."""

from collections.abc import Iterator

import pytest

from tests.messaging.hearing import Heard, hearing


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What is published from now on."""
    with hearing() as heard:
        yield heard
