"""The listening sockets of a node, bound before anything is started so that a taken port is one clear line.

Processes that share ports have them from the one that started them. On Linux each gets an accept queue of its own on
each port (SO_REUSEPORT: the kernel spreads connections by their addresses), elsewhere all take from one: see ADR 12.
"""

import socket
import sys

from imsite.errors import OperatorError
from imsite.phrases import phrase

BACKLOG = 16_384
"""Connections that wait to be accepted; the system's own limit (somaxconn) may be lower. What comes beyond is dropped
by the kernel and tried again by the peer after 1, 3, 7, 15 and 31 s, so the queue must hold all who lost a node.
"""
HAS_QUEUES = sys.platform == "linux"
"""Whether the kernel spreads connections over listeners of one port. Others give all to one, or know no such thing."""


def open_listeners(host: str, ports: dict[str, int], *, shared: bool = False) -> list[socket.socket]:
    """One listening socket per distinct port, `shared` if others are to be opened beside it. Raises OperatorError.

    `ports` maps the name of each setting to its value.
    """
    opened: dict[int, socket.socket] = {}
    try:
        for name, port in ports.items():
            if port not in opened:
                opened[port] = _open(host, name, port, shared=shared)
    except OperatorError:
        for listener in opened.values():
            listener.close()
        raise
    return list(opened.values())


def open_group(host: str, ports: dict[str, int], count: int) -> list[list[socket.socket]]:
    """The listening sockets of each of `count` processes that share `ports`. Raises OperatorError.

    The caller is to hand them on and close its own copies of a process that is not to be started again: connections
    wait in its queues.
    """
    if count > 1 and not HAS_QUEUES:
        return [open_listeners(host, ports)] * count
    if count > 1:
        for listener in open_listeners(host, ports):  # Another program's group would be joined without a word.
            listener.close()
    return [open_listeners(host, ports, shared=count > 1) for _ in range(count)]


def _open(host: str, name: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
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
