"""The guard against guessing is one per process: each test begins with a forgetful one."""

from collections.abc import Iterator

import pytest

from apps.accounts.services.sign_in import guard


@pytest.fixture(autouse=True)
def _forgetful_guard() -> Iterator[None]:
    guard.clear()
    yield
    guard.clear()
