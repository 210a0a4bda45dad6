"""The listening sockets of a node, bound before anything is started so that a taken port is one clear line."""

import socket
import sys

from imsite.errors import OperatorError
from imsite.phrases import phrase

BACKLOG = 2048


def open_listeners(host: str, ports: dict[str, int]) -> list[socket.socket]:
    """One listening socket per distinct port. `ports` maps the name of each setting to its value."""
    opened: dict[int, socket.socket] = {}
    for name, port in ports.items():
        if port not in opened:
            opened[port] = _open(host, name, port)
    return list(opened.values())


def _open(host: str, name: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OperatorError(
            phrase(
                "cannot listen on {host}:{port} ({reason}): choose another {setting}",
                host=host,
                port=port,
                reason=error.strerror,
                setting=name,
            )
        ) from error
    listener.setblocking(False)
    return listener
