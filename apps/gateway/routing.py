"""Addresses of sockets: the protocol's one path; every other is refused without a traceback."""

from channels.routing import URLRouter
from django.urls import path, re_path

from apps.gateway.consumers import RefusingConsumer, SessionConsumer
from apps.wire.frames import PATH

websocket_application = URLRouter(
    [
        path(PATH.removeprefix("/"), SessionConsumer.as_asgi()),
        re_path(r"", RefusingConsumer.as_asgi()),
    ]
)
