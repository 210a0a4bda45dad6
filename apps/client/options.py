"""What a program may set about its client, all in one place."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.client.timing import SystemTiming, Timing
from apps.client.transport import OpenTransport, open_websocket
from apps.wire.frames import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Bounds and times of one client; the defaults suit a program with a few hundred conversations.

    `platform` and `name`: how the terminal shows in the user's list of terminals. `from_start`: begin with each
    log's first event, not with what is new.
    `outbox_limit`: messages waiting for acks before `send` raises OutboxFull. `in_flight_limit`: of those, on the
    wire at once (one per conversation at most); under the server's own bound. `inbox_limit`: events waiting for the
    program; at the bound the client stops taking in and acknowledging. `answer_timeout_s`: an ack or answer that
    takes longer means a new connection. `repair_delay_s`: how long a hole may fill by itself before it is asked
    for. `received_interval_s`: acks of events go out at most this often. The last three are ports, for tests.
    """

    platform: Platform = "bot"
    name: str = ""
    from_start: bool = False
    outbox_limit: int = 1000
    in_flight_limit: int = 32
    inbox_limit: int = 1000
    answer_timeout_s: float = 15.0
    backoff_base_s: float = 0.25
    backoff_cap_s: float = 20.0
    repair_delay_s: float = 0.05
    received_interval_s: float = 0.2
    timing: Timing = field(default_factory=SystemTiming)
    open_transport: OpenTransport = open_websocket
    jitter: Callable[[], float] = random.random
