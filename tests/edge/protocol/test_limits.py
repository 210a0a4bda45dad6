"""The bounds are sane as they come."""

from apps.edge.protocol.limits import FrameLimits, HeadLimits


def test_a_browser_fits_and_a_flood_does_not() -> None:
    head, frames = HeadLimits(), FrameLimits()

    assert 4_096 < head.max_head_bytes < 65_536
    assert 30 < head.max_headers < 200
    assert frames.max_fragments * 64 <= frames.max_message_bytes
