import dataclasses
from typing import get_args

import pytest

from apps.cluster.core.node.effects import Effect, Stop


@pytest.mark.parametrize("kind", get_args(Effect), ids=lambda kind: kind.__name__)
def test_every_effect_is_a_value_that_stays_as_it_is(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_effects_are_told_apart_by_what_they_hold() -> None:
    assert Stop("left", "a") == Stop("left", "a")
    assert Stop("left", "a") != Stop("left", "b")
