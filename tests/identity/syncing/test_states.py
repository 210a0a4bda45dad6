"""What a plan is made of."""

from dataclasses import FrozenInstanceError

import pytest

from apps.identity.syncing.states import Present, Rules
from tests.identity.syncing.model import ROOT


def test_states_are_values() -> None:
    assert Present(ROOT) == Present(ROOT)
    with pytest.raises(FrozenInstanceError):
        Rules().adopts = True  # type: ignore[misc]
