"""The defaults hold together."""

from typing import Any

import pytest

from apps.edge.config import EdgeConfig


def test_the_marks_are_in_order() -> None:
    config = EdgeConfig()

    assert 0 < config.low_water_bytes < config.high_water_bytes < config.buffer_limit_bytes


def test_a_default_server_trusts_nobody_and_times_out() -> None:
    config = EdgeConfig()

    assert config.trusted_proxies == ()
    assert min(config.handshake_timeout_s, config.pong_timeout_s, config.close_timeout_s, config.stall_timeout_s) > 0


@pytest.mark.parametrize(
    "knobs",
    [
        {"low_water_bytes": 70_000},
        {"buffer_limit_bytes": 65_536},
        {"low_water_bytes": 0},
        {"close_timeout_s": 0},
        {"receive_queue_messages": 0},
    ],
)
def test_what_could_not_work_is_refused_by_name(knobs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(knobs))):
        EdgeConfig(**knobs)
