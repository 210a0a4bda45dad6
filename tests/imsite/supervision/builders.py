"""Parts of what the tests of forked processes are about."""

import socket

from imsite.supervision.processes import ProcessPlan
from imsite.supervision.workers import Worker


def worker(name: str, *listeners: socket.socket, niceness: int = 0) -> Worker:
    return Worker(ProcessPlan(name, ("ws",), {}, 0, {}, niceness), list(listeners))
