"""What a server has counted since its start; plain integers, for whoever wants to show them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Grow only, all but the two that say how many there are now."""

    connected: int = 0
    """TCP connections (with TLS: after its handshake)."""
    accepted: int = 0
    """WebSockets the application accepted."""
    http: int = 0
    """Connections handed to the HTTP protocol."""
    handshaking: int = 0
    """Connections that are not open yet, now."""
    open: int = 0
    """Connections of any kind, now."""
    frames_in: int = 0
    """Messages and control frames from peers."""
    frames_out: int = 0
    """Frames to peers."""
    bytes_in: int = 0
    """Bytes from peers of open WebSockets, frame headers included."""
    bytes_out: int = 0
    """Bytes to peers of open WebSockets, frame headers included."""
    slow_dropped: int = 0
    """Peers dropped because too much waited for them, or nothing was taken for too long."""
    failures: int = 0
    """Exceptions out of sinks and applications."""
    refused: Counter[str] = field(default_factory=Counter)
    """Handshakes refused, by reason: an HTTP status, or `flood`."""
    timeouts: Counter[str] = field(default_factory=Counter)
    """Connections ended by a timeout: `handshake`, `pong`, `idle`, `close`, `stall`."""
    broken: Counter[int] = field(default_factory=Counter)
    """Connections failed because of their peer's input, by close code."""
