"""Which TCP ports of this machine are free: asked before a server is started, never guaranteed afterwards.

Deliberately does not reserve a port: whoever binds next wins, so callers still handle a failed bind.
"""

import random
import socket
import sys

from imsite.errors import OperatorError
from imsite.phrases import phrase

# Below the ranges from which Linux (32768), macOS and Windows (49152) give out the ports of outgoing connections.
CHOICE_FIRST = 20_000
CHOICE_LAST = 32_000
CHOICE_ATTEMPTS = 200


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could bind `host:port` now. A port in TIME_WAIT counts as free where the system allows it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free_port(setting: str, port: int, host: str) -> None:
    """Raise OperatorError, naming the environment variable `setting`, when `host:port` is taken."""
    if not is_port_free(port, host):
        raise OperatorError(
            phrase(
                "port {port} is taken by another program: end it, or choose another port with {setting}",
                port=port,
                setting=setting,
            )
        )


def choose_free_port(randomness: random.Random) -> int:
    """A port of the loopback address that is free now, outside the range of outgoing connections."""
    for _ in range(CHOICE_ATTEMPTS):
        port = randomness.randint(CHOICE_FIRST, CHOICE_LAST)
        if is_port_free(port):
            return port
    raise OperatorError(
        phrase("no free TCP port found between {first} and {last} on 127.0.0.1", first=CHOICE_FIRST, last=CHOICE_LAST)
    )
