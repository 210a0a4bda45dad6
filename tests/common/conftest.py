"""Mailboxes for the tests of this folder."""

import pytest

from apps.common.mailboxes import Mailboxes
from tests.clock import Clock
from tests.common.boxes import CAPACITY, EXPIRY


@pytest.fixture
def boxes(clock: Clock) -> Mailboxes[str]:
    return Mailboxes(EXPIRY, lambda channel: 1 if channel == "small" else CAPACITY, clock)
