"""What the tests of forked processes share."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def kept_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
