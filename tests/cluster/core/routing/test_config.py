"""The defaults keep what the bounds promise to each other."""

from apps.cluster.core.routing import RoutingConfig
from apps.cluster.core.routing.frames import FRAME_MAX_BYTES
from apps.cluster.core.routing.router import GROUPS_PER_FRAME, PAYLOAD_MAX_BYTES
from apps.cluster.runtime.sealing import RECORD_MAX_BYTES


def test_a_gap_begins_before_anything_that_was_parked_and_then_lost_in_silence() -> None:
    config = RoutingConfig()

    assert config.gap_margin_ms > config.parked_ms + config.silent_ms + config.ack_ms + config.gap_batch_ms


def test_three_keep_alives_may_be_missing_before_a_link_counts_as_silent() -> None:
    config = RoutingConfig()

    assert config.silent_ms >= 3 * config.keepalive_ms


def test_the_longest_frame_fits_into_a_batch_and_a_sealed_record() -> None:
    longest_names = GROUPS_PER_FRAME * (100 + 2)

    assert PAYLOAD_MAX_BYTES + longest_names < FRAME_MAX_BYTES
    assert max(FRAME_MAX_BYTES, RoutingConfig().batch_bytes) + 5 <= RECORD_MAX_BYTES
