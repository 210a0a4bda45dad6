"""The defaults hold together."""

from apps.edge.config import EdgeConfig


def test_the_marks_are_in_order() -> None:
    config = EdgeConfig()

    assert 0 < config.low_water_bytes < config.high_water_bytes < config.buffer_limit_bytes


def test_a_default_server_trusts_nobody_and_times_out() -> None:
    config = EdgeConfig()

    assert config.trusted_proxies == ()
    assert min(config.handshake_timeout_s, config.pong_timeout_s, config.close_timeout_s, config.stall_timeout_s) > 0
