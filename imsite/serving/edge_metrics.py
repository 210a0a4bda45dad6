"""What the edge server counts, shown to whatever monitors the node. Read when somebody asks; costs nothing between."""

from apps.edge import Counters
from apps.metrics import observe_counter, observe_gauge
from apps.metrics.registry import Registry


def watch_edge(counters: Counters, registry: Registry | None = None) -> None:
    """Show these counters from now on, in place of those of a server before."""
    count = registry.observe_counter if registry else observe_counter
    gauge = registry.observe_gauge if registry else observe_gauge
    gauge("im_edge_connections", "Open connections, HTTP and WebSocket.", lambda: counters.open)
    gauge("im_edge_handshakes", "Connections that are not open yet.", lambda: counters.handshaking)
    count("im_edge_connected_total", "TCP connections taken.", lambda: counters.connected)
    count("im_edge_accepted_total", "WebSockets opened.", lambda: counters.accepted)
    count("im_edge_frames_in_total", "Frames from peers.", lambda: counters.frames_in)
    count("im_edge_frames_out_total", "Frames to peers.", lambda: counters.frames_out)
    count("im_edge_bytes_in_total", "Bytes from open WebSockets.", lambda: counters.bytes_in)
    count("im_edge_bytes_out_total", "Bytes to open WebSockets.", lambda: counters.bytes_out)
    count(
        "im_edge_slow_dropped_total", "Peers dropped because too much waited for them.", lambda: counters.slow_dropped
    )
    count("im_edge_failures_total", "Exceptions of the application on a socket.", lambda: counters.failures)
    count(
        "im_edge_refused_total",
        "Handshakes refused, by HTTP status.",
        lambda: {(reason,): number for reason, number in list(counters.refused.items())},
        labels=("reason",),
    )
    count(
        "im_edge_timeouts_total",
        "Connections ended by a timeout.",
        lambda: {(timeout,): number for timeout, number in list(counters.timeouts.items())},
        labels=("timeout",),
    )
    count(
        "im_edge_broken_total",
        "Connections failed for their peer's input, by close code.",
        lambda: {(str(code),): number for code, number in list(counters.broken.items())},
        labels=("code",),
    )
