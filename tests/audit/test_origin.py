"""Where changes come from, as long as the edge says so."""

import pytest

from apps.audit.origin import NOWHERE, Origin, coming_from, current_origin


def test_the_edge_says_it_for_as_long_as_it_lasts() -> None:
    outer, inner = Origin(via="rest", address="192.0.2.1"), Origin(via="command")

    with coming_from(outer):
        with coming_from(inner):
            assert current_origin() is inner
        assert current_origin() is outer
    assert current_origin() is NOWHERE


def test_a_failure_ends_it_too() -> None:
    with pytest.raises(ValueError, match="x"), coming_from(Origin(via="rest")):
        raise ValueError("x")

    assert current_origin() is NOWHERE
