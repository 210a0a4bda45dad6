"""Addresses of host names, remembered for a while, for sockets that cannot wait for an answer.

A node listens over IPv4 or over IPv6, and so do all it talks to: a cluster is of one kind. Where the name that a node
listens at has addresses of both kinds it is IPv4. Not here: TCP, which asks anew with every dial.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

logger = logging.getLogger(__name__)

KEEP_MS = 30_000
"""How long an answer is used; also how long a name without one is not asked for again."""
NAMES_MAX = 1_024
"""Names remembered; beyond it the one asked first is forgotten."""
KINDS = (socket.AF_INET, socket.AF_INET6)
KINDS_WRITTEN = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}


@dataclass(slots=True)
class Answer:
    """What is known of a name: perhaps nothing yet. An old answer is used while a new one is asked for."""

    ip: str | None
    asked_ms: int


class Names:
    """Lives in one event loop. `family` is the kind of the socket that sends, so of the addresses found."""

    def __init__(self, clock_ms: Callable[[], int], family: socket.AddressFamily = socket.AF_INET) -> None:
        self.family = family
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

    async def _resolve(self, host: str, answer: Answer) -> None:
        try:
            found = await _look_up(host)
        except (OSError, UnicodeError):
            return
        if self.family in found:
            answer.ip = found[self.family]
        else:
            logger.warning("%s", _odd(host, next(iter(found)), self.family))


class OtherFamily(ValueError):
    """A node listens over IPv4 and is told an address of IPv6, or the other way round; it could not send there."""


async def family_of(host: str) -> socket.AddressFamily:
    """Return what kind of socket listens at a host: one kind, so that UDP and TCP of a number are at one address.

    Raises OSError for a name that nobody knows.
    """
    if _is_address(host):
        return _family_of_address(host)
    found = await _look_up(host)
    return next(family for family in KINDS if family in found)


def require_family(family: socket.AddressFamily, hosts: Iterable[str]) -> None:
    """Make sure that addresses written as numbers are of this kind. Raises OtherFamily."""
    for host in hosts:
        if _is_address(host) and _family_of_address(host) is not family:
            raise OtherFamily(_odd(host, _family_of_address(host), family))


def written(address: tuple[str, int]) -> str:
    """Return an address as people write it: HOST:PORT, or [HOST]:PORT where the host has colons itself."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _look_up(host: str) -> dict[socket.AddressFamily, str]:
    """Return the first address of each kind. Raises OSError, also for a name without any, and UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    addresses: dict[socket.AddressFamily, str] = {}
    for family, _, _, _, address in found:
        if family in KINDS:
            addresses.setdefault(family, str(address[0]))
    if not addresses:
        raise OSError(f"{host} has no address")
    return addresses


def _odd(host: str, is_of: socket.AddressFamily, socket_is_of: socket.AddressFamily) -> str:
    return (
        f"{host} is reached over {KINDS_WRITTEN[is_of]} and this node listens over {KINDS_WRITTEN[socket_is_of]}: let"
        " all nodes of a cluster listen over the same one (IM_CLUSTER_HOST, IM_CLUSTER_ADVERTISE, IM_CLUSTER_JOIN)"
    )


def _family_of_address(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
