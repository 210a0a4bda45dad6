"""Sessions whose end nobody told are found by a look at the database."""

import logging
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import ShutOut
from apps.accounts.services import revoke_tokens
from apps.common.clock import to_datetime
from apps.events.inprocess import InProcessLayer
from apps.gateway import shutouts
from apps.gateway.registry import Registry
from apps.gateway.shutouts import OVERLAP_MS, ShutOutWatch
from tests.gateway.conftest import Dial, in_database

ALICE, BOB = UUID(int=1), UUID(int=2)
PHONE, DESK = UUID(int=8), UUID(int=9)
NOW_MS = 1_800_000_000_000


class Peer:
    """A connection that notes whether it was let go."""

    slot = next_due_ms = 0

    def __init__(self, terminal: UUID, opened_ms: int) -> None:
        self.session_id = terminal.hex
        self.terminal = terminal
        self.opened_ms = opened_ms
        self.left = False

    def restart(self) -> None:
        self.left = True


class Accounts:
    """What the database would say, and since when it was asked."""

    def __init__(self) -> None:
        self.found = ShutOut({}, {})
        self.error: Exception | None = None
        self.asked: list[int] = []

    async def ask(self, since_ms: int) -> ShutOut:
        self.asked.append(since_ms)
        if self.error is not None:
            raise self.error
        return self.found


class World:
    def __init__(self) -> None:
        self.registry = Registry("node", InProcessLayer())
        self.accounts = Accounts()
        self.now_ms = NOW_MS
        self.watch = ShutOutWatch(self.registry, self.accounts.ask, now_ms=lambda: self.now_ms)

    async def peer(self, user: UUID, terminal: UUID, *, opened_ms: int = NOW_MS - 1) -> Peer:
        peer = Peer(terminal, opened_ms)
        await self.registry.join(peer, user)  # type: ignore[arg-type]  # as much of a connection as is asked for
        return peer


@pytest.fixture
def world() -> World:
    return World()


async def test_sessions_of_who_was_signed_out_go_and_those_of_later_stay(world: World) -> None:
    former, later = await world.peer(ALICE, PHONE), await world.peer(ALICE, DESK, opened_ms=NOW_MS)
    other = await world.peer(BOB, PHONE)
    world.accounts.found = ShutOut({ALICE: to_datetime(NOW_MS)}, {})

    await world.watch.look()

    assert (former.left, later.left, other.left) == (True, False, False)


async def test_of_a_terminal_only_its_own_sessions_go(world: World) -> None:
    lost, kept = await world.peer(ALICE, PHONE), await world.peer(ALICE, DESK)
    later = await world.peer(ALICE, PHONE, opened_ms=NOW_MS)
    world.accounts.found = ShutOut({}, {PHONE: (ALICE, to_datetime(NOW_MS))})

    await world.watch.look()

    assert (lost.left, kept.left, later.left) == (True, False, False)


async def test_each_look_goes_back_to_the_last_one_that_worked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.accounts.error = LookupError("no database")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            world.now_ms += 5_000
            await world.watch.look()
    world.accounts.error = None
    for _ in range(2):
        world.now_ms += 5_000
        await world.watch.look()

    began = NOW_MS - OVERLAP_MS
    assert world.accounts.asked == [began, began, began, began, began + 20_000]
    assert len(caplog.records) == 1  # not every few seconds


@pytest.mark.django_db(transaction=True)
class TestOnANode:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutouts, "LOOK_EVERY_S", 0.05)
        monkeypatch.setattr("apps.accounts.services.tokens.revoke_on_commit", lambda user_id, why: None)

    async def test_a_password_changed_in_another_process_ends_sessions_as_well(self, dial: Dial, alice: User) -> None:
        desk = await dial(alice)

        await in_database(revoke_tokens, alice)

        assert (await desk.receive())["reason"] == "restart"
        assert await desk.closed() == 1012
