"""Addresses of host names, remembered for a while, for sockets that cannot wait for an answer.

Names mean IPv4 here, as everywhere on the control port; a cluster over IPv6 writes its addresses as numbers.
Not here: TCP, which asks anew with every dial.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass

KEEP_MS = 30_000
"""How long an answer is used; also how long a name without one is not asked for again."""
NAMES_MAX = 1_024
"""Names remembered; beyond it the one asked first is forgotten."""


@dataclass(slots=True)
class Answer:
    """What is known of a name: perhaps nothing yet. An old answer is used while a new one is asked for."""

    ip: str | None
    asked_ms: int


class Names:
    """Lives in one event loop."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._answers: dict[str, Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, host: str) -> str | None:
        """Return the address of a host; None while it is not known, and then it is asked for."""
        answer = self._answers.get(host)
        if answer is None:
            answer = self._remember(host)
        elif self._clock_ms() - answer.asked_ms >= KEEP_MS and not _is_address(host):
            answer.asked_ms = self._clock_ms()
            self._ask(host, answer)
        return answer.ip

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _remember(self, host: str) -> Answer:
        answer = self._answers[host] = Answer(host if _is_address(host) else None, self._clock_ms())
        if len(self._answers) > NAMES_MAX:
            del self._answers[next(iter(self._answers))]
        if answer.ip is None:
            self._ask(host, answer)
        return answer

    def _ask(self, host: str, answer: Answer) -> None:
        task = asyncio.get_running_loop().create_task(self._resolve(host, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _resolve(host: str, answer: Answer) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            return
        answer.ip = str(found[0][4][0])


def family_of(host: str) -> socket.AddressFamily:
    """Return what kind of socket listens at a host: one kind, so that UDP and TCP of a number are at one address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
