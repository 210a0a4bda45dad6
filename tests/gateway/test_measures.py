"""Every frame a client can send has a counter under its own name."""

from typing import get_args

from apps.gateway.measures import FRAMES, INVALID
from apps.wire.frames import ClientFrames, Heartbeat, Send
from tests.metrics.measured import Measured


def test_every_operation_is_counted_under_its_name() -> None:
    measured = Measured()

    FRAMES[Send].add()
    FRAMES[Heartbeat].add(2)
    INVALID.add()

    assert set(FRAMES) == set(get_args(ClientFrames))
    assert measured.grown("im_gateway_frames_total", "send") == 1
    assert measured.grown("im_gateway_frames_total", "heartbeat") == 2
    assert measured.grown("im_gateway_frames_total", "invalid") == 1
