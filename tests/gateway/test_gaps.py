"""Whoever may have missed something is told how far her conversations are, or sent away to resume."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from uuid import UUID, uuid4

import pytest

from apps.events.inprocess import InProcessLayer
from apps.events.publish import user_group
from apps.gateway import gaps as module
from apps.gateway.gaps import GapRepair
from apps.gateway.registry import Registry

TENANT, OTHER_TENANT = UUID(int=91), UUID(int=92)
ALICE, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
ROOM, HALL = UUID(int=8), UUID(int=9)
OVERLAP_MS = 1_000


class Peer:
    """A signed-in connection that notes what it is told."""

    def __init__(self, registry: Registry, tenant: UUID, user: UUID) -> None:
        self.session_id = registry.next_session_id()
        self.terminal: UUID | None = uuid4()
        self.owner: tuple[UUID, UUID] | None = (tenant, user)
        self.told: list[tuple[UUID, int]] = []
        self.restarts = 0
        self.slot = 0
        self.next_due_ms = 0
        self._registry = registry
        registry.add(self)  # type: ignore[arg-type]

    def tell_changed(self, conversation: UUID, seq: int) -> None:
        self.told.append((conversation, seq))

    def restart(self) -> None:
        self.restarts += 1
        self._registry.remove(self)  # type: ignore[arg-type]


class Log:
    """A database that has what went on, and may fail."""

    def __init__(self) -> None:
        self.rows: list[tuple[UUID, UUID, int]] = []
        self.asked: list[tuple[UUID, tuple[UUID, ...], int]] = []
        self.asked_who_is_out: list[tuple[UUID, set[UUID], set[UUID], int]] = []
        self.shut_out_users: set[UUID] = set()
        self.revoked: set[UUID] = set()
        self.failures = 0
        self.answered = asyncio.Event()

    async def went_on(
        self, tenant: UUID, users: Sequence[UUID], since_ms: int, limit: int
    ) -> list[tuple[UUID, UUID, int]]:
        self.asked.append((tenant, tuple(sorted(users)), since_ms))
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.answered.set()
        return [row for row in self.rows if row[0] in users][:limit]

    async def shut_out(
        self, tenant: UUID, users: Collection[UUID], terminals: Collection[UUID], since_ms: int
    ) -> tuple[set[UUID], set[UUID]]:
        self.asked_who_is_out.append((tenant, set(users), set(terminals), since_ms))
        return self.shut_out_users & set(users), self.revoked & set(terminals)


class World:
    """A node with one user per call of `session`, and its gap repair at work."""

    def __init__(self) -> None:
        self.registry = Registry("n1", InProcessLayer())
        self.log = Log()
        self.repair = GapRepair(self.registry, self.log.went_on, self.log.shut_out, overlap_ms=OVERLAP_MS)
        self.registry.on_gap = self.repair.note

    async def session(self, user: UUID, tenant: UUID = TENANT) -> Peer:
        peer = Peer(self.registry, tenant, user)
        await self.registry.join(peer, user)  # type: ignore[arg-type]
        return peer

    async def repaired(self) -> None:
        """Return when nothing waits any more."""
        async with asyncio.timeout(60):
            while self.repair._work.is_set():  # noqa: ASYNC110 - pauses are none here, and it has no event for its end
                await asyncio.sleep(0)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(module, "PAUSE_S", 0)
    monkeypatch.setattr(module, "RETRY_S", 0)
    world = World()
    await world.registry.start()
    world.registry.spawn_forever(world.repair.run())
    yield world
    await world.registry.stop(within_s=1)


async def test_every_session_is_told_which_conversations_went_on(world: World) -> None:
    phone, laptop, other = await world.session(ALICE), await world.session(ALICE), await world.session(BOB)
    world.log.rows = [(ALICE, ROOM, 7), (ALICE, HALL, 2)]

    world.repair.note([user_group(ALICE)], 50_000)
    await world.repaired()

    assert phone.told == laptop.told == [(ROOM, 7), (HALL, 2)]
    assert other.told == []
    assert world.log.asked == [(TENANT, (ALICE,), 50_000 - OVERLAP_MS)]


async def test_a_gap_of_everybody_is_asked_tenant_by_tenant(world: World) -> None:
    await world.session(ALICE)
    await world.session(BOB)
    stranger = await world.session(EVE, OTHER_TENANT)
    world.log.rows = [(EVE, ROOM, 3)]

    world.repair.note(None, 50_000)
    await world.repaired()

    assert {(tenant, users) for tenant, users, _ in world.log.asked} == {
        (TENANT, (ALICE, BOB)),
        (OTHER_TENANT, (EVE,)),
    }
    assert stranger.told == [(ROOM, 3)]


async def test_the_layer_says_so_by_a_message(world: World) -> None:
    peer = await world.session(ALICE)
    world.log.rows = [(ALICE, ROOM, 7)]

    world.registry.deliver({"type": "gap", "groups": [user_group(ALICE), user_group(BOB)], "since_ms": 50_000})
    await world.repaired()

    assert peer.told == [(ROOM, 7)]


async def test_gaps_that_come_together_are_looked_up_from_the_earliest(world: World) -> None:
    await world.session(ALICE)

    world.repair.note([user_group(ALICE)], 50_000)
    world.repair.note(None, 40_000)
    await world.repaired()

    assert world.log.asked == [(TENANT, (ALICE,), 40_000 - OVERLAP_MS)]


async def test_a_gap_of_groups_that_nobody_is_in_asks_nothing(world: World) -> None:
    world.repair.note([user_group(BOB)], 50_000)
    await world.repaired()

    assert world.log.asked == []


async def test_who_is_not_signed_in_yet_is_told_by_her_sign_in(world: World) -> None:
    peer = await world.session(ALICE)
    peer.owner = None

    world.repair.note(None, 50_000)
    await world.repaired()

    assert (world.log.asked, peer.told) == ([], [])


async def test_users_are_asked_about_in_slices(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "USERS_AT_ONCE", 2)
    for number in range(5):
        await world.session(UUID(int=100 + number))

    world.repair.note(None, 50_000)
    await world.repaired()

    assert sorted(len(users) for _, users, _ in world.log.asked) == [1, 2, 2]


async def test_a_database_that_is_away_is_asked_again(world: World) -> None:
    peer = await world.session(ALICE)
    world.log.failures = 3
    world.log.rows = [(ALICE, ROOM, 7)]

    world.repair.note(None, 50_000)
    await world.repaired()

    assert len(world.log.asked) == 4
    assert (peer.told, peer.restarts) == ([(ROOM, 7)], 0)


async def test_when_it_stays_away_sessions_are_sent_away_to_resume(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await world.session(ALICE)
    world.log.failures = module.RETRIES_MAX

    world.repair.note(None, 50_000)
    await world.repaired()

    assert peer.restarts == 1
    assert "sent away to resume" in caplog.text


async def test_so_they_are_when_too_much_went_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONVERSATIONS_AT_ONCE", 1)
    peer = await world.session(ALICE)
    world.log.rows = [(ALICE, ROOM, 7), (ALICE, HALL, 2)]

    world.repair.note(None, 50_000)
    await world.repaired()

    assert (peer.told, peer.restarts) == ([], 1)


async def test_a_gap_noted_while_one_is_repaired_is_repaired_too(world: World) -> None:
    await world.session(ALICE)
    world.repair.note(None, 50_000)
    await world.log.answered.wait()

    world.repair.note(None, 60_000)
    await world.repaired()

    assert [since for _, _, since in world.log.asked] == [49_000, 59_000]


async def test_a_session_whose_terminal_was_revoked_meanwhile_is_sent_away_and_the_users_others_stay(
    world: World,
) -> None:
    lost, kept, other = await world.session(ALICE), await world.session(ALICE), await world.session(BOB)
    assert lost.terminal is not None
    world.log.revoked = {lost.terminal}

    world.repair.note([user_group(ALICE)], 50_000)
    await world.repaired()

    assert (lost.restarts, kept.restarts, other.restarts) == (1, 0, 0)
    assert world.log.asked_who_is_out == [(TENANT, {ALICE}, {lost.terminal, kept.terminal}, 50_000 - OVERLAP_MS)]


async def test_so_are_all_sessions_of_a_user_who_was_signed_out_and_nobody_elses(world: World) -> None:
    desk, phone, other = await world.session(ALICE), await world.session(ALICE), await world.session(BOB)
    world.log.shut_out_users = {ALICE}

    world.repair.note(None, 50_000)
    await world.repaired()

    assert (desk.restarts, phone.restarts, other.restarts) == (1, 1, 0)


async def test_who_is_shut_out_is_asked_again_when_the_database_was_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await world.session(ALICE)
    world.log.shut_out_users = {ALICE}
    answers = world.log.shut_out
    failures = [ConnectionError("away"), ConnectionError("away")]

    async def flaky(
        tenant: UUID, users: Collection[UUID], terminals: Collection[UUID], since_ms: int
    ) -> tuple[set[UUID], set[UUID]]:
        if failures:
            raise failures.pop()
        return await answers(tenant, users, terminals, since_ms)

    monkeypatch.setattr(world.repair, "_shut_out", flaky)

    world.repair.note(None, 50_000)
    await world.repaired()

    assert (peer.restarts, failures) == (1, [])


async def test_a_session_that_ends_while_it_is_asked_about_is_left_alone(world: World) -> None:
    peer = await world.session(ALICE)
    peer.terminal = None
    world.log.shut_out_users = {ALICE}
    answers = world.log.shut_out

    async def meanwhile_gone(
        tenant: UUID, users: Collection[UUID], terminals: Collection[UUID], since_ms: int
    ) -> tuple[set[UUID], set[UUID]]:
        peer.owner = None
        return await answers(tenant, users, terminals, since_ms)

    world.repair._shut_out = meanwhile_gone
    world.repair.note(None, 50_000)
    await world.repaired()

    assert (peer.restarts, world.log.asked_who_is_out[0][2]) == (0, set())
