"""A WebSocket server for very many, mostly idle connections. Serves any ASGI application; knows nothing of ours."""

from apps.edge.asgi import Application, PeerGone, Sink, Socket
from apps.edge.config import EdgeConfig
from apps.edge.counters import Counters
from apps.edge.protocol.frames import text_frame
from apps.edge.protocol.limits import FrameLimits, HeadLimits
from apps.edge.server import EdgeServer

__all__ = [
    "Application",
    "Counters",
    "EdgeConfig",
    "EdgeServer",
    "FrameLimits",
    "HeadLimits",
    "PeerGone",
    "Sink",
    "Socket",
    "text_frame",
]
