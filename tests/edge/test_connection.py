"""An open connection: messages, congestion, timeouts and every way it ends."""

import asyncio
import logging
from typing import Any

import pytest

from apps.edge import shared as shareds
from apps.edge.config import EdgeConfig
from apps.edge.connection import Connection
from apps.edge.protocol.frames import Opcode, text_frame
from apps.edge.protocol.limits import FrameLimits
from apps.edge.shared import Shared
from apps.edge.wheel import TICK_S
from tests.edge.clientframes import client_frame, close
from tests.edge.doubles import FailingSink, NotingTransport, RememberingSink

PING, PONG, TEXT = Opcode.PING, Opcode.PONG, Opcode.TEXT


class Bench:
    """One connection between a transport and a sink that only note."""

    def __init__(self, sink: RememberingSink | None = None, *, can_half_close: bool = True, **config: Any) -> None:
        quiet: dict[str, Any] = {"ping_interval_s": 0, "stall_timeout_s": 0}
        self.shared = Shared(EdgeConfig(**(quiet | config)))
        self.transport = NotingTransport(can_half_close=can_half_close)
        self.sink = sink or RememberingSink()
        self.shared.enter()
        self.connection = Connection(self.transport, self.shared, self.sink, "192.0.2.1", "")
        self.transport.protocol = self.connection

    def hear(self, *frames: bytes) -> None:
        self.connection.data_received(b"".join(frames))

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds / TICK_S)):
            self.shared.wheel.advance()


def test_messages_reach_the_sink_in_order() -> None:
    bench = Bench()

    bench.hear(client_frame(payload=b"one"), client_frame(Opcode.BINARY, b"two"), client_frame(payload=b"three")[:4])

    assert bench.sink.messages == ["one", b"two"]
    assert bench.shared.counters.frames_in == 2
    assert bench.connection.peer == "192.0.2.1"


def test_what_is_sent_is_framed_once() -> None:
    bench = Bench()

    bench.connection.send_text("one")
    bench.connection.send_frame(text_frame("two"))

    assert bench.transport.frames() == [(TEXT, b"one"), (TEXT, b"two")]
    assert (bench.shared.counters.frames_out, bench.shared.counters.bytes_out) == (2, 10)


def test_a_ping_is_answered_with_what_it_said() -> None:
    bench = Bench()

    bench.hear(client_frame(PING, b"are you there"), client_frame(PONG, b"unasked"))

    assert bench.transport.frames() == [(PONG, b"are you there")]


def test_idle_connections_share_a_reader() -> None:
    bench = Bench()
    reader = bench.shared.borrow_reader()
    bench.shared.give_back(reader)

    bench.hear(client_frame(payload=b"one"))

    assert bench.shared.borrow_reader() is reader
    assert bench.connection._reader is None


# The close handshake.


@pytest.mark.parametrize(("frame", "code", "answer"), [(close(4000, b"bye"), 4000, [4000]), (close(), 1005, [0])])
def test_a_close_of_the_peer_is_answered_and_ends(frame: bytes, code: int, answer: list[int]) -> None:
    bench = Bench()

    bench.hear(client_frame(payload=b"last"), frame, client_frame(payload=b"unheard"))
    bench.connection.send_text("unsaid")
    bench.transport.lose()

    assert bench.sink.messages == ["last"]
    assert bench.transport.close_codes() == answer
    assert bench.transport.frames()[0][0] == Opcode.CLOSE
    assert (bench.sink.closed_codes, bench.transport.events) == ([code], ["close"])
    assert bench.shared.counters.open == 0


def test_our_close_waits_for_the_peers_and_drops_the_rest() -> None:
    bench = Bench()

    bench.connection.close(4401, "revoked")
    bench.connection.close(1000)
    bench.connection.send_text("unsaid")
    bench.hear(client_frame(payload=b"unheard"), client_frame(PING))
    before = list(bench.sink.closed_codes)
    bench.hear(close(4401))

    assert bench.transport.frames() == [(Opcode.CLOSE, b"\x11\x31revoked")]
    assert (before, bench.sink.messages, bench.sink.closed_codes) == ([], [], [4401])
    assert bench.transport.events == ["close"]


def test_a_peer_that_does_not_answer_a_close_is_cut_off() -> None:
    bench = Bench(close_timeout_s=5)
    bench.connection.close(1000)

    bench.wait(4.75)
    assert bench.transport.events == []
    bench.wait(0.25)
    bench.transport.lose()

    assert (bench.transport.events, bench.sink.closed_codes) == (["abort"], [1006])
    assert bench.shared.counters.timeouts == {"close": 1}


def test_a_forbidden_close_code_is_an_error_of_the_caller() -> None:
    bench = Bench()

    with pytest.raises(ValueError, match="1006"):
        bench.connection.close(1006)

    assert bench.connection.is_open


def test_a_peer_that_vanishes_is_1006() -> None:
    bench = Bench()

    assert not bench.connection.eof_received()  # type: ignore[func-returns-value]  # asyncio's default: close
    bench.transport.lose()
    bench.connection.send_text("unsaid")
    bench.connection.abort()
    bench.connection.due()

    assert bench.sink.closed_codes == [1006]
    assert bench.transport.written == b""
    assert bench.transport.events == []
    assert list(bench.shared.wheel) == []
    assert bench.connection.buffered_bytes == 0


def test_an_abort_ends_at_once_and_tells_the_sink() -> None:
    bench = Bench()

    bench.connection.abort()
    bench.hear(client_frame(payload=b"unheard"))
    bench.transport.lose()

    assert (bench.transport.events, bench.sink.messages, bench.sink.closed_codes) == (["abort"], [], [1006])


# Wrong input.


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (client_frame(payload=b"x", key=None), 1002),
        (client_frame(payload=b"\xff"), 1007),
        (client_frame(payload=b"x" * 101), 1009),
    ],
)
def test_wrong_input_is_answered_by_its_code_and_then_only_drained(frame: bytes, code: int) -> None:
    bench = Bench(frames=FrameLimits(max_message_bytes=100))

    bench.hear(client_frame(payload=b"fine"), frame, client_frame(payload=b"unheard"))
    bench.hear(b"anything")

    assert bench.sink.messages == ["fine"]
    assert bench.transport.close_codes() == [code]
    assert (bench.sink.closed_codes, bench.transport.events) == ([1006], ["eof"])
    assert bench.shared.counters.broken == {code: 1}
    bench.wait(5)
    assert bench.transport.events == ["eof", "abort"]


def test_wrong_input_within_our_close_is_not_answered_again() -> None:
    bench = Bench(can_half_close=False)
    bench.connection.close(1000)

    bench.hear(client_frame(payload=b"\xff"))

    assert bench.transport.close_codes() == [1000]
    assert (bench.transport.events, bench.sink.closed_codes) == (["close"], [1006])


def test_a_flood_of_control_frames_is_closed_but_their_rate_is_not() -> None:
    bench = Bench(control_frames_per_tick=3)

    for _ in range(3):
        bench.hear(client_frame(PING) * 3)
        bench.wait(TICK_S)
    assert bench.transport.close_codes() == []
    bench.hear(client_frame(PONG) * 4)

    assert bench.transport.close_codes() == [1008]


# The application's mistakes.


def test_a_failing_sink_closes_its_connection_with_1011(caplog: pytest.LogCaptureFixture) -> None:
    sink = FailingSink()
    bench = Bench(sink)

    with caplog.at_level(logging.ERROR):
        bench.hear(client_frame(payload=b"one"), client_frame(payload=b"two"))
        bench.transport.lose()

    assert sink.messages == ["one"]
    assert bench.transport.close_codes() == [1011]
    assert sink.closed_codes == [1006]
    assert bench.shared.counters.failures == 2
    assert "LookupError" in caplog.text


def test_a_sink_that_fails_when_writable_is_closed_too() -> None:
    bench = congested(Bench(FailingSink()))

    bench.transport.take(bench.transport.waiting_bytes)

    assert bench.transport.close_codes()[-1:] == [1011]


# Congestion.


def congested(bench: Bench) -> Bench:
    """Let more than the high-water mark wait."""
    bench.transport.takes_all = False
    while not bench.connection.congested:
        bench.connection.send_text("x" * 100)
    return bench


SMALL: dict[str, Any] = {"high_water_bytes": 1_000, "low_water_bytes": 500, "buffer_limit_bytes": 5_000}


def test_a_slow_peer_is_congested_until_it_has_caught_up() -> None:
    bench = congested(Bench(**SMALL))
    waiting = bench.connection.buffered_bytes
    assert waiting > 1_000

    bench.transport.take(waiting - 500)
    still = bench.connection.congested
    bench.transport.take(1)

    assert (still, bench.connection.congested, bench.sink.writable_count) == (True, False, 1)


def test_a_peer_for_whom_far_too_much_waits_is_dropped() -> None:
    bench = congested(Bench(**SMALL))

    for _ in range(60):
        bench.connection.send_text("x" * 100)
    bench.transport.lose()

    assert bench.transport.events == ["abort"]
    assert bench.transport.waiting_bytes < 5_000 + 200
    assert (bench.sink.closed_codes, bench.shared.counters.slow_dropped) == ([1006], 1)


def test_a_close_that_is_too_much_drops_the_peer() -> None:
    bench = congested(Bench(**SMALL))
    bench.transport.waiting_bytes = 5_000

    bench.connection.close(1000)

    assert bench.transport.events == ["abort"]


def test_only_the_latest_ping_of_a_congested_peer_is_answered_and_later() -> None:
    bench = congested(Bench(**SMALL))
    before = len(bench.transport.frames())

    bench.hear(client_frame(PING, b"one"), client_frame(PING, b"two"))
    unanswered = bench.transport.frames()[before:]
    bench.transport.take(bench.transport.waiting_bytes)

    assert unanswered == []
    assert bench.transport.frames()[before:] == [(PONG, b"two")]
    assert bench.shared.congested == {}


def test_a_ping_of_a_congested_peer_that_is_lost_is_forgotten() -> None:
    bench = congested(Bench(**SMALL))

    bench.hear(client_frame(PING, b"one"))
    bench.transport.lose()

    assert bench.shared.congested == {}


def test_a_closing_peer_that_catches_up_is_told_nothing() -> None:
    bench = congested(Bench(**SMALL))

    bench.connection.close(1000)
    bench.transport.take(bench.transport.waiting_bytes)

    assert bench.sink.writable_count == 0


def test_a_peer_that_stays_congested_too_long_is_dropped() -> None:
    bench = congested(Bench(**SMALL | {"stall_timeout_s": 10}))

    bench.wait(9.75)
    before = list(bench.transport.events)
    bench.wait(0.25)

    assert (before, bench.transport.events) == ([], ["abort"])
    assert bench.shared.counters.timeouts == {"stall": 1}
    assert bench.shared.counters.slow_dropped == 1


def test_a_peer_that_catches_up_in_time_stays() -> None:
    bench = congested(Bench(**SMALL | {"stall_timeout_s": 10}))

    bench.wait(9)
    bench.transport.take(bench.transport.waiting_bytes)
    bench.wait(100)

    assert bench.transport.events == []


def test_writing_to_a_transport_that_is_closed_unnoticed_is_survived() -> None:
    class Closed(NotingTransport):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            raise RuntimeError("the handler is closed")

    shared, transport = Shared(EdgeConfig()), Closed()
    connection = Connection(transport, shared, RememberingSink(), "", "")

    connection.send_text("unsaid")

    assert transport.written == b""


def test_when_too_much_waits_for_all_those_for_whom_most_waits_are_dropped() -> None:
    benches = [congested(Bench(**SMALL | {"total_buffer_bytes": 5_000})) for _ in range(4)]
    shared = benches[0].shared
    for bench, waiting in zip(benches, (2_000, 4_000, 3_000, 1_500), strict=True):
        bench.transport.waiting_bytes = waiting
        shared.congested[bench.connection] = None

    shared.relieve()

    assert [bench.transport.events for bench in benches] == [[], ["abort"], ["abort"], []]


def test_the_common_bound_is_looked_at_between_ticks_when_much_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shareds, "RELIEF_BYTES", 2_000)
    bench = congested(Bench(**SMALL | {"total_buffer_bytes": 2_500}))
    events = []

    for _ in range(30):
        bench.connection.send_text("x" * 100)
        events.append(len(bench.transport.events))

    assert bench.transport.events == ["abort"]
    assert events.index(1) in range(10, 20)


async def test_while_half_of_the_common_bound_waits_congested_peers_are_not_listened_to() -> None:
    one, two, later = (Bench(**SMALL | {"total_buffer_bytes": 5_000}) for _ in range(3))
    shared = one.shared
    for bench in (two, later):
        bench.connection._shared = shared
    congested(one).transport.waiting_bytes = 2_000
    congested(two).transport.waiting_bytes = 1_500

    shared.relieve()
    congested(later)
    listened = [bench.transport.is_reading_now for bench in (one, two, later)]
    one.transport.take(one.transport.waiting_bytes)
    two.transport.waiting_bytes = 1_000
    later.transport.waiting_bytes = 1_000
    after_one_caught_up = [bench.transport.is_reading_now for bench in (one, two, later)]
    shared.relieve()

    assert listened == [False, False, False]
    assert after_one_caught_up == [True, False, False]
    assert [bench.transport.is_reading_now for bench in (one, two, later)] == [True, True, True]


def test_one_that_was_dropped_for_all_counts_no_more() -> None:
    benches = [congested(Bench(**SMALL | {"total_buffer_bytes": 5_000})) for _ in range(2)]
    shared = benches[0].shared
    for bench, waiting in zip(benches, (4_000, 3_000), strict=True):
        bench.transport.waiting_bytes = waiting
        shared.congested[bench.connection] = None

    shared.relieve()
    shared.relieve()

    assert [bench.transport.events for bench in benches] == [["abort"], []]
    assert benches[0].shared.counters.slow_dropped == 1


@pytest.mark.parametrize("total_buffer_bytes", [0, 2_000])
def test_while_little_waits_nobody_is_dropped(total_buffer_bytes: int) -> None:
    bench = Bench(**SMALL | {"total_buffer_bytes": total_buffer_bytes})
    bench.shared.relieve()
    congested(bench)

    bench.shared.relieve()

    assert bench.transport.events == []


# Silence.


def test_a_silent_peer_is_pinged_and_dropped_when_it_stays_silent() -> None:
    bench = Bench(ping_interval_s=20, pong_timeout_s=10)

    bench.wait(19.75)
    before = bench.transport.frames()
    bench.wait(0.25)
    pinged = bench.transport.frames()
    bench.wait(9.75)
    waited = list(bench.transport.events)
    bench.wait(0.25)

    assert (before, pinged) == ([], [(PING, b"")])
    assert (waited, bench.transport.events) == ([], ["abort"])
    assert bench.shared.counters.timeouts == {"pong": 1}


@pytest.mark.parametrize("sign_of_life", [client_frame(PONG), client_frame(payload=b"x"), client_frame()[:1]])
def test_any_sign_of_life_answers_a_ping(sign_of_life: bytes) -> None:
    bench = Bench(ping_interval_s=20, pong_timeout_s=10)

    bench.wait(20)
    bench.hear(sign_of_life)
    bench.wait(19.75)
    pings = bench.transport.frames()
    bench.wait(10)

    assert pings == [(PING, b"")]
    assert bench.transport.frames() == [(PING, b"")] * 2
    assert bench.transport.events == []


def test_a_peer_that_talks_is_never_pinged() -> None:
    bench = Bench(ping_interval_s=20)

    for _ in range(10):
        bench.wait(19)
        bench.hear(client_frame(payload=b"x"))

    assert bench.transport.frames() == []


def test_a_peer_without_messages_is_closed_when_that_is_asked_for() -> None:
    bench = Bench(idle_timeout_s=100)

    bench.wait(50)
    bench.hear(client_frame(payload=b"x"))
    for _ in range(9):
        bench.wait(11)
        bench.hear(client_frame(PONG))
    assert bench.transport.close_codes() == []
    bench.wait(1)

    assert bench.transport.close_codes() == [1001]
    assert bench.shared.counters.timeouts == {"idle": 1}


def test_without_timeouts_an_idle_connection_stays_for_ever() -> None:
    bench = Bench()

    bench.wait(1_000)

    assert (bench.transport.written, bench.transport.events) == (b"", [])
    assert list(bench.shared.wheel) == [bench.connection]


# Reading on demand.


class PausingSink(RememberingSink):
    """Wants no more after each message."""

    connection: Connection

    def received(self, data: str | bytes) -> None:
        super().received(data)
        self.connection.pause_reading()


async def test_a_paused_connection_keeps_what_is_here_and_goes_on_later() -> None:
    sink = PausingSink()
    bench = Bench(sink)
    sink.connection = bench.connection

    bench.hear(client_frame(payload=b"one"), client_frame(payload=b"two"), client_frame(payload=b"three"))
    seen = [list(sink.messages)]
    for _ in range(2):
        bench.connection.resume_reading()
        await asyncio.sleep(0)
        seen.append(list(sink.messages))

    assert seen == [["one"], ["one", "two"], ["one", "two", "three"]]
    assert not bench.transport.is_reading_now


async def test_a_paused_connection_that_closes_reads_again_for_the_peers_answer() -> None:
    bench = Bench()
    bench.connection.pause_reading()

    bench.connection.close(1000)
    await asyncio.sleep(0)
    bench.hear(close(1000))

    assert bench.transport.is_reading_now
    assert bench.sink.closed_codes == [1000]


async def test_a_lost_connection_is_not_resumed() -> None:
    bench = Bench()
    bench.connection.pause_reading()
    bench.connection.abort()

    bench.connection.resume_reading()
    bench.connection.pause_reading()

    assert not bench.transport.is_reading_now


def test_a_peer_is_not_blamed_for_silence_while_we_do_not_listen() -> None:
    bench = Bench(ping_interval_s=20, pong_timeout_s=10, idle_timeout_s=30)
    bench.wait(15)
    bench.connection.pause_reading()

    bench.wait(100)

    assert (bench.transport.written, bench.transport.events) == (b"", [])


# Another sink.


def test_another_sink_takes_over() -> None:
    bench, other = Bench(), RememberingSink()

    bench.connection.hand_over(other)
    bench.hear(client_frame(payload=b"one"), close(1000))

    assert (bench.sink.messages, bench.sink.closed_codes) == ([], [])
    assert (other.messages, other.closed_codes) == (["one"], [1000])


def test_a_sink_that_takes_over_too_late_is_told_how_it_ended() -> None:
    bench, other = Bench(), RememberingSink()
    bench.hear(close(4000))

    bench.connection.hand_over(other, 4000)

    assert (bench.sink.closed_codes, other.closed_codes) == ([4000], [4000])
