"""Every knob of the server: its unit, its default and what it trades."""

import ssl
from dataclasses import dataclass, field

from apps.edge.protocol.limits import FrameLimits, HeadLimits


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """How the server behaves. A time or a number of 0 switches its bound off, unless it says otherwise."""

    head: HeadLimits = field(default_factory=HeadLimits)
    """How large a request head may be."""

    frames: FrameLimits = field(default_factory=FrameLimits)
    """How large a message from a peer may be."""

    handshake_timeout_s: float = 10.0
    """From the connection to the application's acceptance. Shorter frees what slow peers hold, longer lets poor mobile
    networks in. At the bound: 408 while the head is missing, 503 while the application thinks."""

    ping_interval_s: float = 20.0
    """A peer that was silent this long is pinged. Shorter notices dead peers and keeps NATs open at the price of
    traffic: 100,000 peers at 20 s are 5,000 pings a second. 0 where the application has a heartbeat of its own."""

    pong_timeout_s: float = 20.0
    """A pinged peer that stays silent this long is dropped (1006). Never 0 while pings are on."""

    idle_timeout_s: float = 0.0
    """A peer that sends no message for this long is closed with 1001; pings and pongs do not count."""

    close_timeout_s: float = 5.0
    """Between our close frame and the peer's. At the bound the connection is cut. Never 0."""

    stall_timeout_s: float = 60.0
    """A peer that stays congested this long is dropped. The last resort against readers who stand still; an
    application that knows what its messages are worth should have acted before."""

    high_water_bytes: int = 65_536
    """When more than this waits for a peer, it counts as congested: a plain ASGI application's `send` waits, a sink
    reads `congested`. Higher means more memory per slow peer, lower more switches back and forth."""

    low_water_bytes: int = 16_384
    """A congested peer is one no longer when less than this waits. Below `high_water_bytes`."""

    buffer_limit_bytes: int = 4_194_304
    """A peer for whom more than this waits is dropped: far above what an application should let pile up."""

    total_buffer_bytes: int = 268_435_456
    """What may wait for all congested peers together, looked at every tick and after each 16 MiB more. At the bound
    those for whom most waits are dropped; from half of it on, congested peers are not listened to. Many slow readers
    could otherwise take all memory, each within its own bound."""

    receive_queue_messages: int = 32
    """Messages that a plain ASGI application has not received yet. At the bound nothing more is read from the peer
    until half of them are gone. A sink has no queue. At least 1."""

    control_frames_per_tick: int = 50
    """Pings and pongs that a peer may send in a quarter of a second. At the bound it is closed with 1008."""

    max_connections: int = 0
    """Open connections of this server, HTTP included. At the bound: 503 to new ones, far beyond it no answer. The
    operating system's limit of open files should be higher."""

    max_handshakes: int = 4_096
    """Connections that are not open yet. At the bound: new ones are cut without an answer, which costs least."""

    max_connections_per_address: int = 0
    """Connections from one address (of IPv6: from one /64). At the bound: 429. Mind offices behind one address."""

    connects_per_address: int = 0
    """Connections that one address may open in `connects_window_s`. At the bound: 429 for the rest of the window."""

    connects_window_s: float = 10.0
    """Length of the window of `connects_per_address`. Never 0."""

    retry_after_s: int = 5
    """What a refused peer is told to wait (Retry-After)."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose X-Forwarded-For, X-Forwarded-Proto and Forwarded are believed. Every address in them can
    pretend to be any client."""

    allowed_origins: frozenset[str] | None = None
    """Values of the Origin header that may open a WebSocket; peers that send none, which is all but browsers, may.
    None leaves the decision to the application."""

    serve_http: bool = True
    """Whether plain HTTP requests go to the application, by uvicorn's protocol. If not: 426."""

    http_shutdown_s: float = 3.0
    """How long `stop` waits for the answers to HTTP requests."""

    tls: ssl.SSLContext | None = None
    """Speaks TLS on all listeners. A proxy in front costs this process less memory: a TLS connection takes some 50 to
    300 KB of buffers."""

    def __post_init__(self) -> None:
        """Raise ValueError for what could not work."""
        if not 0 < self.low_water_bytes < self.high_water_bytes < self.buffer_limit_bytes:
            raise ValueError("low_water_bytes < high_water_bytes < buffer_limit_bytes must hold")
        never_zero = ("pong_timeout_s", "close_timeout_s", "connects_window_s", "receive_queue_messages")
        for name in never_zero:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0")
