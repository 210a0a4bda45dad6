"""The ASGI application: pages and REST through Django, sockets through the gateway's consumers."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings.prod")

django_application = get_asgi_application()

from apps.gateway.routing import websocket_application  # noqa: E402 - needs Django to be set up first
from imsite.bodies import BoundedBodies  # noqa: E402 - as above
from imsite.roles import Pages, Sockets  # noqa: E402 - as above

application = ProtocolTypeRouter(
    {"http": Pages(BoundedBodies(django_application)), "websocket": Sockets(websocket_application)}
)
