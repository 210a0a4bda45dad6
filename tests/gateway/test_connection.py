"""One connection between socket, session, registry and services, with the services faked at their port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from apps.events.publish import REVOKE
from apps.gateway.connection import Connection, Node
from apps.gateway.outbox import AsgiOutbox, Bounds, SocketOutbox
from apps.gateway.quotas import Quotas
from apps.gateway.registry import Registry
from apps.gateway.session import Identity, Limits, Note, Question, Request
from apps.wire.codec import encode
from apps.wire.frames import Ack, ClientFrames, ConversationState, ErrorFrame, Heartbeat, Received, Send, SignIn, Sync
from tests.gateway.detaching import FakeSocket
from tests.gateway.session.frames import ALICE, BOB, HOUR_MS, PHONE, ROOM, TENANT, message, sign_in

LATER_MS = 4_000_000_000_000


class FakeServices:
    """Answers at once, or when told to."""

    def __init__(self) -> None:
        self.user = ALICE
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.confirmed: list[SignIn] = []
        self.confirm_error: Exception | None = None
        self.list_error: Exception | None = None
        self.list_gate = asyncio.Event()
        self.list_gate.set()
        self.notes: list[Note] = []
        self.begun: list[Request] = []
        self.languages: list[str] = []
        self.page = '{"op":"events"}'
        self.sending: list[asyncio.Future[None]] = []
        self.addresses: list[str] = []

    async def sign_in(self, frame: SignIn, address: str = "") -> tuple[Identity, str]:
        self.addresses.append(address)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Identity(TENANT, self.user, PHONE, LATER_MS), "zh-hans"

    async def confirm(self, frame: SignIn) -> None:
        self.confirmed.append(frame)
        if self.confirm_error is not None:
            raise self.confirm_error

    async def changed_since(self, identity: Identity, since: int | None) -> tuple[list[ConversationState], bool]:
        await self.list_gate.wait()
        if self.list_error is not None:
            raise self.list_error
        return [], False

    def note(self, identity: Identity, frame: Note) -> None:
        self.notes.append(frame)

    def send(
        self, frame: Send, *, identity: Identity, session_id: str, language: str, done: Callable[[str], None]
    ) -> None:
        self.begun.append(frame)
        self.languages.append(language)
        self.sending.append(asyncio.ensure_future(self._commit(frame, done)))

    async def answer(self, frame: Question, *, identity: Identity, language: str) -> str:
        self.begun.append(frame)
        self.languages.append(language)
        await self.gate.wait()
        return self.page

    async def _commit(self, frame: Send, done: Callable[[str], None]) -> None:
        await self.gate.wait()
        done(encode(Ack(frame.id, ROOM, 1, 1)))

    def refusal(self, error: Exception, frame: SignIn, *, language: str) -> ErrorFrame:
        return ErrorFrame(code=str(error), message=language, retry=str(error) == "unavailable", ref=frame.ref)

    async def close(self) -> None:
        self.gate.set()


class Line:
    """What is between a connection and its peer; the peer reads unless told not to."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.cuts = 0

    def take(self, event: dict[str, Any]) -> None:
        self.events.append(msgspec.json.decode(event["text"]) if "text" in event else event["code"])

    @property
    def ops(self) -> list[Any]:
        return [event["op"] if isinstance(event, dict) else event for event in self.events]

    def connect(self, node: Node) -> Connection:
        raise NotImplementedError

    def stop_reading(self) -> None:
        raise NotImplementedError

    def read_on(self) -> None:
        raise NotImplementedError


class AsgiLine(Line):
    """A server's `send`."""

    def __init__(self) -> None:
        super().__init__()
        self._reads = asyncio.Event()
        self._reads.set()

    async def send(self, event: dict[str, Any]) -> None:
        await self._reads.wait()
        self.take(event)

    def connect(self, node: Node) -> Connection:
        outbox = AsgiOutbox(self.send, bounds=node.bounds, cut=self._cut)
        connection = Connection(node, outbox, language="en")
        outbox.on_drained = connection.drained
        connection.open()
        return connection

    def stop_reading(self) -> None:
        self._reads.clear()

    def read_on(self) -> None:
        self._reads.set()

    def _cut(self) -> None:
        self.cuts += 1


class DetachedLine(Line):
    """A detached socket, which takes one frame from a peer that does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = FakeSocket(self.take)
        self.socket.abort = self._abort  # type: ignore[method-assign]
        self._connection: Connection | None = None

    def connect(self, node: Node) -> Connection:
        outbox = SocketOutbox(node.bounds)
        connection = self._connection = Connection(node, outbox, language="en")
        outbox.attach(self.socket)
        connection.open()
        return connection

    def stop_reading(self) -> None:
        self.socket.reads = False

    def read_on(self) -> None:
        self.socket.read_on(self._connection)

    def _abort(self) -> None:
        self.cuts += 1


class World:
    """A node with one connection."""

    def __init__(self, line: Line, bounds: Bounds, limits: Limits) -> None:
        self.services = FakeServices()
        self.registry = Registry("n1", None)
        self.homes: dict[str, str] = {}
        quotas = Quotas(per_s=limits.user_rate_per_s, burst=limits.user_burst)
        self.node = Node(self.registry, self.services, limits, bounds, quotas, lambda group: self.homes.get(group, ""))
        self.socket = line
        self.connection = line.connect(self.node)

    def hand(self, frame: ClientFrames) -> None:
        self.connection.received(encode(frame))

    async def sign_in(self) -> None:
        self.hand(sign_in())
        await settle()
        assert self.socket.ops == ["welcome"]
        self.socket.events.clear()


def limited(world: World, **limits: Any) -> World:
    """The same world with other limits."""
    return World(type(world.socket)(), world.node.bounds, Limits(**limits))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture(params=[AsgiLine, DetachedLine], ids=["asgi", "detached"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    bounds = Bounds(congested_bytes=500, relaxed_bytes=50, limit_bytes=5000)
    world = World(request.param(), bounds, Limits(unacked=10_000, user_sessions=2))
    yield world
    world.socket.read_on()
    await world.connection.gone()
    await world.registry.stop(within_s=1)


class TestSigningIn:
    async def test_the_welcome_comes_once_the_user_is_joined(self, world: World) -> None:
        await world.sign_in()

        assert world.connection.terminal == PHONE
        assert world.registry._groups == {f"user.{ALICE.hex}": (world.connection,)}

    async def test_before_it_there_is_no_terminal(self, world: World) -> None:
        assert world.connection.terminal is None

    async def test_a_refusal_is_told_in_the_clients_language(self, world: World) -> None:
        world.services.error = LookupError("token_invalid")

        world.hand(sign_in(ref="r"))
        await settle()

        assert world.socket.ops == ["error", "closing", 4401]
        assert world.socket.events[0] == {"op": "error", "code": "token_invalid", "message": "en", "ref": "r"}

    async def test_the_users_language_replaces_it(self, world: World) -> None:
        await world.sign_in()

        world.hand(message())
        await settle()

        assert world.services.languages == ["zh-hans"]

    async def test_a_peer_that_left_meanwhile_is_not_kept(self, world: World) -> None:
        world.services.gate.clear()
        world.hand(sign_in())
        await settle()

        await world.connection.gone()
        world.services.gate.set()
        await settle()

        assert world.registry._groups == {}
        assert world.socket.ops == []

    async def test_an_attempt_that_failed_late_leaves_the_socket_to_whoever_signs_in_next(self, world: World) -> None:
        world.services.list_error = LookupError("unavailable")
        world.hand(sign_in())
        await settle()
        after_failure = dict(world.registry._groups)
        world.services.list_error = None
        world.services.user = BOB

        world.hand(sign_in())
        await settle()

        assert world.socket.ops == ["error", "welcome"]
        assert after_failure == {}
        assert world.registry._groups == {f"user.{BOB.hex}": (world.connection,)}

    async def test_once_she_is_joined_it_is_checked_again_and_a_renewal_is_not(self, world: World) -> None:
        await world.sign_in()
        confirmed = list(world.services.confirmed)

        world.hand(sign_in())
        await settle()

        assert confirmed == world.services.confirmed == [sign_in()]

    async def test_who_was_shut_out_meanwhile_is_refused_and_leaves(self, world: World) -> None:
        world.services.confirm_error = LookupError("token_invalid")

        world.hand(sign_in())
        await settle()

        assert world.socket.ops == ["error", "closing", 4401]
        assert world.registry._groups == {}

    async def test_a_terminal_revoked_before_its_welcome_gets_none(self, world: World) -> None:
        world.services.list_gate.clear()
        world.hand(sign_in())
        await settle()

        world.registry.deliver({"type": REVOKE, "terminal": PHONE.hex, "groups": [f"user.{ALICE.hex}"]})
        world.services.list_gate.set()
        await settle()

        assert world.socket.events == [{"op": "closing", "reason": "revoked"}, 4403]

    @pytest.mark.parametrize(
        ("why", "events"),
        [
            ("token", [{"op": "closing", "reason": "token_invalid"}, 4401]),
            (
                "displaced",
                [{"op": "closing", "reason": "signed_in_elsewhere", "details": {"name": "Laptop"}}, 4409],
            ),
            ("password_changed", [{"op": "closing", "reason": "password_changed"}, 4403]),
            ("account_suspended", [{"op": "closing", "reason": "account_suspended"}, 4403]),
            ("signed_out", [{"op": "closing", "reason": "signed_out"}, 4403]),
            ("something of a later release", [{"op": "closing", "reason": "revoked"}, 4403]),
        ],
    )
    async def test_a_session_is_told_why_it_ends(self, world: World, why: str, events: list[Any]) -> None:
        await world.sign_in()
        message = {"type": REVOKE, "terminal": PHONE.hex, "why": why, "details": {"name": "Laptop"}}

        world.registry.deliver({**message, "groups": [f"user.{ALICE.hex}"]})

        assert world.socket.events == events

    async def test_where_the_peer_is_goes_to_the_first_sign_in_and_is_forgotten(self, world: World) -> None:
        world.connection._address = "10.0.0.9"

        await world.sign_in()
        world.hand(sign_in())
        await settle()

        assert world.services.addresses == ["10.0.0.9", ""]

    async def test_a_renewal_joins_nothing_twice(self, world: World) -> None:
        await world.sign_in()

        world.hand(sign_in())
        await settle()

        assert world.registry._groups == {f"user.{ALICE.hex}": (world.connection,)}

    async def test_a_renewal_for_another_user_joins_nothing(self, world: World) -> None:
        await world.sign_in()
        world.services.user = BOB

        world.hand(sign_in())
        await settle()

        assert world.socket.events[0]["code"] == "already_signed_in"
        assert list(world.registry._groups) == [f"user.{ALICE.hex}"]


class TestRedirect:
    async def test_who_follows_is_sent_home_and_never_joined(self, world: World) -> None:
        world.homes[f"user.{ALICE.hex}"] = "wss://n2.test/ws/v1"

        world.hand(sign_in(redirect=True))
        await settle()

        assert world.socket.events == [{"op": "closing", "reason": "redirect", "url": "wss://n2.test/ws/v1"}, 1012]
        assert world.registry._groups == {}

    async def test_who_does_not_follow_is_served_here(self, world: World) -> None:
        world.homes[f"user.{ALICE.hex}"] = "wss://n2.test/ws/v1"

        await world.sign_in()

        assert world.registry._groups == {f"user.{ALICE.hex}": (world.connection,)}

    async def test_who_comes_with_a_ticket_is_served_here_for_it_is_used_up(self, world: World) -> None:
        world.homes[f"user.{ALICE.hex}"] = "wss://n2.test/ws/v1"

        world.hand(msgspec.structs.replace(sign_in(redirect=True), token="one.time.ticket"))
        await settle()

        assert world.socket.ops == ["welcome"]

    async def test_who_is_at_home_here_is_served_here(self, world: World) -> None:
        world.homes[f"user.{BOB.hex}"] = "wss://n2.test/ws/v1"

        world.hand(sign_in(redirect=True))
        await settle()

        assert world.socket.ops == ["welcome"]

    async def test_a_renewal_stays_where_it_is(self, world: World) -> None:
        await world.sign_in()
        world.homes[f"user.{ALICE.hex}"] = "wss://n2.test/ws/v1"

        world.hand(sign_in(redirect=True))
        await settle()

        assert world.socket.ops == ["welcome"]

    async def test_a_refusal_comes_first(self, world: World) -> None:
        world.homes[f"user.{ALICE.hex}"] = "wss://n2.test/ws/v1"
        world.services.error = LookupError("token_invalid")

        world.hand(sign_in(redirect=True))
        await settle()

        assert world.socket.ops == ["error", "closing", 4401]

    def test_a_node_of_its_own_sends_nobody_anywhere(self) -> None:
        node = Node(Registry("n1", None), FakeServices(), Limits(), Bounds(), Quotas(per_s=1, burst=1))

        assert node.home_of("user.x") == ""


class TestRequests:
    async def test_are_begun_in_the_order_they_came(self, world: World) -> None:
        await world.sign_in()
        world.services.gate.clear()
        frames: list[ClientFrames] = [message(1), message(2), message(3), Sync(ROOM, 0)]

        for frame in frames:
            world.hand(frame)
        await settle()

        assert world.services.begun == frames

    async def test_are_answered_when_they_are_done(self, world: World) -> None:
        await world.sign_in()
        world.services.gate.clear()
        world.hand(message(1))
        world.hand(Heartbeat())
        await settle()
        meanwhile = list(world.socket.ops)

        world.services.gate.set()
        await settle()

        assert meanwhile == ["heartbeat"]
        assert world.socket.ops == ["heartbeat", "ack"]

    async def test_notes_are_taken_at_once(self, world: World) -> None:
        await world.sign_in()

        world.hand(Received(ROOM, 5))

        assert world.services.notes == [Received(ROOM, 5)]

    async def test_of_a_peer_that_left_are_finished_and_answer_nobody(self, world: World) -> None:
        await world.sign_in()
        world.services.gate.clear()
        world.hand(message(1))
        await settle()

        await world.connection.gone()
        world.services.gate.set()
        await settle()

        assert world.services.begun == [message(1)]
        assert world.socket.ops == []


class TestQuota:
    async def test_a_user_who_sends_too_much_is_told_when_to_send_again(self, world: World) -> None:
        world = limited(world, user_rate_per_s=1, user_burst=2)
        await world.sign_in()

        for number in range(3):
            world.hand(message(number))
        await settle()

        refusal = world.socket.events[0]
        assert world.socket.ops == ["error", "ack", "ack"]
        assert (refusal["code"], refusal["retry"], refusal["id"]) == ("rate_limited", True, message(2).id)
        assert refusal["retry_after_ms"] > 0
        assert world.services.begun == [message(0), message(1)]

    async def test_what_was_refused_is_no_request_under_way(self, world: World) -> None:
        world = limited(world, user_rate_per_s=1, user_burst=0)
        await world.sign_in()

        for number in range(100):
            world.hand(message(number))

        assert world.socket.ops == ["error"] * 100
        assert {event["code"] for event in world.socket.events} == {"rate_limited"}

    async def test_one_session_too_many_closes_the_oldest(self, world: World) -> None:
        lines = [type(world.socket)() for _ in range(2)]
        connections = [line.connect(world.node) for line in lines]
        await world.sign_in()

        for connection in connections:
            connection.received(encode(sign_in()))
            await settle()

        assert world.socket.events == [
            {"op": "closing", "reason": "too_many_sessions", "retry_after_ms": 10_000},
            4429,
        ]
        assert [line.ops for line in lines] == [["welcome"], ["welcome"]]
        for connection in connections:
            await connection.gone()


class TestSlowReader:
    async def test_is_told_what_to_sync_once_it_has_caught_up(self, world: World) -> None:
        await world.sign_in()
        world.socket.stop_reading()
        frames = [encode(Ack(message(n).id, ROOM, n, 1)) for n in range(1, 9)]

        for seq, frame in enumerate(frames, start=1):
            world.connection.push(ROOM, seq, frame, 0)
        world.socket.read_on()
        await settle()

        assert world.socket.ops[-1] == "changed"
        assert world.socket.events[-1]["max_seq"] == 8
        assert 0 < world.socket.ops.count("ack") < 8

    async def test_that_leaves_no_room_for_answers_is_closed_with_a_hint(self, world: World) -> None:
        await world.sign_in()
        world.socket.stop_reading()

        for _ in range(200):
            world.hand(Heartbeat())
        world.socket.read_on()
        await settle()

        assert world.socket.ops == ["heartbeat", "closing", 4413]
        assert world.socket.events[1] == {"op": "closing", "reason": "slow_reader", "retry_after_ms": 1000}

    async def test_that_asked_for_much_gets_it_as_it_takes_it(self, world: World) -> None:
        await world.sign_in()
        world.socket.stop_reading()
        world.services.page = encode(ErrorFrame(code="a large page", message="x" * 2_000))

        for after in range(20):
            world.hand(Sync(ROOM, after))
        world.hand(message(1))
        await settle()
        begun = len(world.services.begun)
        world.socket.read_on()
        while len(world.services.begun) < 21:
            await settle()

        assert begun == 3, "the page being taken, the one that fills the queue, and the message"
        assert world.socket.ops.count("error") == 20
        assert world.socket.ops.count("ack") == 1

    async def test_that_leaves_before_it_took_all_is_read_nothing_more_for(self, world: World) -> None:
        await world.sign_in()
        world.socket.stop_reading()
        world.services.page = encode(ErrorFrame(code="a large page", message="x" * 2_000))
        for after in range(20):
            world.hand(Sync(ROOM, after))
        await settle()

        await world.connection.gone()
        _, unfinished = await asyncio.wait(set(world.registry._tasks), timeout=60)

        assert not unfinished
        assert len(world.services.begun) == 2

    async def test_that_takes_nothing_at_all_is_cut_off(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        await world.sign_in()
        world.socket.stop_reading()
        world.hand(Heartbeat())
        world.hand(Heartbeat())
        loop = asyncio.get_running_loop()
        later = loop.time() + 31
        world.connection.tick(0)
        before = world.socket.cuts

        monkeypatch.setattr(loop, "time", lambda: later)
        world.connection.tick(0)
        monkeypatch.undo()

        assert (before, world.socket.cuts) == (0, 1)


class TestEnding:
    async def test_a_peer_that_was_gone_before_it_was_handed_over_has_no_beginning(self, world: World) -> None:
        late = Connection(world.node, SocketOutbox(world.node.bounds), language="en")

        late.closed(1006)
        late.open()
        await settle()

        assert set(world.registry._wheel) == {world.connection}

    async def test_a_closed_socket_leaves_its_users_group(self, world: World) -> None:
        await world.sign_in()

        world.connection.closed(1001)
        at_once = len(world.registry)
        await settle()

        assert (at_once, world.registry._groups) == (0, {})

    async def test_who_it_is_and_what_went_on_is_for_gaps_to_ask_and_tell(self, world: World) -> None:
        before = world.connection.owner
        await world.sign_in()

        world.connection.tell_changed(ROOM, 9)

        assert (before, world.connection.owner) == (None, (TENANT, ALICE))
        assert world.socket.events == [{"op": "changed", "conversation": str(ROOM), "max_seq": 9}]

    async def test_restart_says_when_to_come_back(self, world: World) -> None:
        world.connection.restart()

        closing, code = world.socket.events
        assert (closing["reason"], code) == ("restart", 1012)
        assert 0 <= closing.get("retry_after_ms", 0) < 3000

    async def test_revocation_says_so(self, world: World) -> None:
        world.connection.revoke()

        assert world.socket.events == [{"op": "closing", "reason": "revoked"}, 4403]

    async def test_a_peer_that_does_not_answer_the_close_is_cut_off(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.gateway.connection.now_ms", lambda: 1_000)
        world.connection.restart()

        world.connection.tick(6_000)
        before = world.socket.cuts
        world.connection.tick(6_001)

        assert (before, world.socket.cuts) == (0, 1)

    async def test_the_clock_reaches_the_session(self, world: World) -> None:
        await world.sign_in()

        world.connection.tick(LATER_MS + HOUR_MS)

        assert world.socket.ops == ["closing", 4408]

    async def test_session_and_connection_have_one_name(self, world: World) -> None:
        assert world.connection.session_id == world.connection.session.id == "n1.1"
