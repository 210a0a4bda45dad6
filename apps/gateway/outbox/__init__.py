"""What one connection still has to send, and whether its peer keeps up."""

from apps.gateway.outbox.asgi import AsgiOutbox as AsgiOutbox
from apps.gateway.outbox.asgi import Send as Send
from apps.gateway.outbox.detached import Socket as Socket
from apps.gateway.outbox.detached import SocketOutbox as SocketOutbox
from apps.gateway.outbox.queue import Bounds as Bounds
from apps.gateway.outbox.queue import Outbox as Outbox
