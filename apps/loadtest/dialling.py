"""Connecting sessions, at the wanted pace, and bringing back those whose connections broke.

At most `connecting` handshakes are under way, so a server that is slow is not buried; the others wait in line. Not
here: what a signed-in session does.
"""

import asyncio
import functools
import heapq
import random
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from apps.loadtest.plan import WorkerPlan
from apps.loadtest.session import CLOSED, DIALLING, Session
from apps.loadtest.stats import Stats
from apps.loadtest.targets import Target, parse_target
from apps.wire.errors import RECONNECT, CloseCode

TICK_S: Final = 0.02
IDLE_TICK_S: Final = 0.2
"""While everybody is connected; who breaks off then waits longer than this anyway."""

SIGN_IN_TIMEOUT_S: Final = 45.0
"""From dialling to welcome; then the connection is broken and tried anew."""

IP_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux's option, which Python's `socket` names from 3.12 on."""

BACKOFF_BASE_S: Final = 0.25
BACKOFF_CAP_S: Final = 20.0
LATER: Final = frozenset({"http_408", "http_429"})
"""Refusals of this moment only: the server had no time for the request, or for that many."""
COMES_BACK: Final = frozenset({str(int(code)) for code in (*RECONNECT, CloseCode.NORMAL)})


class Dialler:
    """Keeps every session of one process connected."""

    def __init__(self, plan: WorkerPlan, stats: Stats) -> None:
        self.targets: Sequence[Target] = [parse_target(url) for url in plan.urls]
        self.given_up = 0
        self._plan = plan
        self._stats = stats
        self._line: deque[Session] = deque()
        self._pauses: list[tuple[float, int, Session]] = []
        self._order = 0
        self._busy: dict[Session, float] = {}
        self._retry_after_s: dict[Session, float] = {}
        self._left_at: dict[Session, int] = {}
        self._allowance = 0.0
        self._ticked_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tls = _tls_context() if any(target.secure for target in self.targets) else None

    @property
    def waiting(self) -> int:
        """Sessions that are not signed in but will try."""
        return len(self._line) + len(self._pauses) + len(self._busy)

    def begin(self, sessions: Sequence[Session]) -> None:
        """Line up all sessions."""
        self._line.extend(sessions)
        self._ticked_at = time.monotonic()
        self._tick()

    def signed_in(self, session: Session) -> None:
        """A session got its welcome."""
        self._busy.pop(session, None)
        session.failures = 0
        left_ns = self._left_at.pop(session, None)
        if left_ns is not None:
            self._stats.away.record((time.monotonic_ns() - left_ns) // 1000)

    def told_to_wait(self, session: Session, retry_after_ms: int) -> None:
        """The server said that this session may come back, and when."""
        self._retry_after_s[session] = retry_after_ms / 1000

    def ended(self, session: Session, reason: str, *, was_open: bool) -> None:
        """A connection ended; the session comes back unless the protocol says that a person must act."""
        self._busy.pop(session, None)
        if was_open:
            self._left_at.setdefault(session, time.monotonic_ns())
        wait_s = self._retry_after_s.pop(session, None)
        if session.detour:
            self._line.appendleft(session)
        elif wait_s is None and is_final(reason):
            self.given_up += 1
            self._stats.count("given_up")
        else:
            self._pause(session, wait_s or 0.0)

    async def close(self) -> None:
        """Connect nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._line.clear()
        self._pauses.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pause(self, session: Session, wait_s: float) -> None:
        backoff_s = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2.0 ** min(session.failures, 10)) * random.uniform(0.5, 1)  # noqa: S311 - jitter
        session.failures += 1
        self._order += 1
        due = time.monotonic() + max(wait_s, backoff_s)
        heapq.heappush(self._pauses, (due, self._order, session))

    def _tick(self) -> None:
        now = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(TICK_S if self.waiting else IDLE_TICK_S, self._tick)
        while self._pauses and self._pauses[0][0] <= now:
            # Who comes back was signed in already, or failed: the pace of the ramp is not for her.
            self._line.appendleft(heapq.heappop(self._pauses)[2])
            self._allowance += 1
        rate = self._plan.connect_per_s
        self._allowance = min(self._allowance + (now - self._ticked_at) * rate, max(1.0, rate) + len(self._line))
        self._ticked_at = now
        while self._line and len(self._busy) < self._plan.connecting and (not rate or self._allowance >= 1):
            self._allowance -= 1
            self._dial(self._line.popleft(), now)
        for session, deadline in list(self._busy.items()):
            if deadline > now:
                break  # they are in the order in which they began
            session.abort("sign_in_timeout")

    def _dial(self, session: Session, now: float) -> None:
        self._stats.count("dialled")
        self._busy[session] = now + SIGN_IN_TIMEOUT_S
        session.began_ns = time.monotonic_ns()
        session.phase = DIALLING
        task = asyncio.create_task(self._open(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, session: Session) -> None:
        target = self.target_of(session)
        sources = self._plan.sources
        factory: Callable[[], Session] = lambda: session  # noqa: E731 - named for its type
        tls = self._tls if target.secure else None
        try:
            async with asyncio.timeout(SIGN_IN_TIMEOUT_S):
                loop = asyncio.get_running_loop()
                if not sources:
                    await loop.create_connection(factory, target.host, target.port, ssl=tls)
                    return
                connected = await _connect_from(sources[session.index % len(sources)], target)
                await loop.create_connection(
                    factory, sock=connected, ssl=tls, server_hostname=target.host if tls else None
                )
        except (OSError, TimeoutError) as error:
            session.phase = CLOSED
            session.place = (session.place + 1) % len(self.targets)
            session.detour = ""
            self._stats.count(f"connect_failed:{type(error).__name__}")
            self.ended(session, "connect_failed", was_open=False)

    def target_of(self, session: Session) -> Target:
        """Where a session connects to next."""
        return parse_target(session.detour) if session.detour else self.targets[session.place]


async def _connect_from(source: str, target: Target) -> socket.socket:
    """Connect from an address of ours. Raises OSError.

    The port is left to `connect`: to find one that nobody uses at all, as binding does, takes the kernel longer and
    longer from the ten-thousandth on.
    """
    family, address = _looked_up(target.host, target.port)
    ours = socket.socket(family, socket.SOCK_STREAM)
    try:
        ours.setblocking(False)
        if sys.platform == "linux":
            ours.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        ours.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(ours, address)
    except BaseException:
        ours.close()
        raise
    return ours


@functools.lru_cache(maxsize=64)
def _looked_up(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """The first address of a target; a name is looked up once for all sessions. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, address


def is_final(reason: str) -> bool:
    """Tell whether a connection that ended like this must not be tried again by itself."""
    if reason.startswith("http_4"):
        return reason not in LATER
    return reason.isdigit() and reason not in COMES_BACK


def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()
