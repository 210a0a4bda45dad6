"""What a peer may make the parsers hold. Each bound says what happens to a peer that passes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds of a request head."""

    max_head_bytes: int = 16_384
    """Request line and headers together. At the bound the request is refused with 431, however little is missing."""

    max_headers: int = 64
    """Header lines. At the bound the request is refused with 431."""


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """Bounds of frames and messages from a peer."""

    max_message_bytes: int = 1_048_576
    """Payload of a message over all of its fragments. A frame that announces more fails the connection with 1009
    before any of it is kept."""

    max_fragments: int = 1_024
    """Frames of one message. At the bound the connection fails with 1008: a message in crumbs costs more to put
    together than it says."""
