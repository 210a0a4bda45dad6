"""Nodes and tenants: whose tenant is suspended or to be deleted is gone within a moment, on every node."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from channels.layers import get_channel_layer

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.events.inprocess import InProcessLayer
from apps.events.publish import NODES, TENANTS, Why
from apps.gateway import lifespan, tenancy
from apps.gateway.quotas import Allowances
from apps.gateway.registry import Registry
from apps.gateway.tenancy import TenantWatch
from apps.messaging.services import conversations
from apps.tenants.models import Tenant
from apps.tenants.selectors import Standing
from apps.tenants.services import TenantChange, activate_tenant, change_tenant, request_deletion, suspend_tenant
from tests.gateway.conftest import NOW_MS, Dial, in_database

ACME, RIVAL = UUID(int=1), UUID(int=2)


class Peer:
    """A connection of somebody, that notes how it ended."""

    slot = next_due_ms = 0
    terminal = None

    def __init__(self, session_id: str, tenant: UUID, *, broken: bool = False) -> None:
        self.session_id = session_id
        self.owner = (tenant, UUID(int=int(session_id)))
        self.ended = asyncio.Event()
        self._broken = broken

    def revoke(self, why: Why = Why.REVOKED, details: Any = None) -> None:
        self.ended.set()
        if self._broken:
            raise KeyError

    def tick(self, time_ms: int) -> None:
        """Nothing is due."""


class Directory:
    """What the database would say, and who asks."""

    def __init__(self) -> None:
        self.standings: list[Standing] = []
        self.failures = 0
        self.answered = asyncio.Event()

    async def ask(self) -> Sequence[Standing]:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.answered.set()
        return self.standings

    async def next_answer(self) -> None:
        self.answered.clear()
        await asyncio.wait_for(self.answered.wait(), 5)
        await asyncio.sleep(0)


@asynccontextmanager
async def watching(layer: Any, directory: Directory, *, name: str = "n") -> AsyncIterator[tuple[Registry, Allowances]]:
    """One node that watches its tenants."""
    registry, allowances = Registry(name, layer), Allowances()
    watch = TenantWatch(registry, allowances, directory.ask)
    registry.on_tenants = watch.look
    await registry.start()
    registry.spawn_forever(watch.run())
    await directory.answered.wait()
    try:
        yield registry, allowances
    finally:
        await registry.stop(within_s=0)


async def joined(registry: Registry, session_id: str, tenant: UUID, **options: bool) -> Peer:
    peer = Peer(session_id, tenant, **options)
    connection: Any = peer
    await registry.join(connection, peer.owner[1])
    return peer


async def test_one_word_ends_a_tenants_sessions_on_two_nodes_and_nobody_elses() -> None:
    layer, directory = InProcessLayer(), Directory()
    async with watching(layer, directory, name="n1") as (first, _), watching(layer, directory, name="n2") as (other, _):
        hers, his = await joined(first, "1", ACME), await joined(other, "2", ACME)
        rivals = await joined(other, "3", RIVAL)
        directory.standings = [Standing(ACME, is_active=False, messages_per_minute_max=None)]

        await layer.group_send(NODES, {"type": TENANTS})

        await asyncio.wait_for(asyncio.gather(hers.ended.wait(), his.ended.wait()), 5)
        assert not rivals.ended.is_set()


async def test_a_word_that_is_lost_costs_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy, "LOOK_EVERY_S", 0.01)
    directory = Directory()
    async with watching(InProcessLayer(), directory) as (registry, _):
        peer = await joined(registry, "1", ACME)

        directory.standings = [Standing(ACME, is_active=False, messages_per_minute_max=None)]

        await asyncio.wait_for(peer.ended.wait(), 5)


async def test_a_session_that_fails_does_not_keep_others_open() -> None:
    directory = Directory()
    async with watching(InProcessLayer(), directory) as (registry, _):
        await joined(registry, "1", ACME, broken=True)
        peer = await joined(registry, "2", ACME)
        directory.standings = [Standing(ACME, is_active=False, messages_per_minute_max=None)]

        registry.on_tenants()

        await asyncio.wait_for(peer.ended.wait(), 5)


async def test_while_the_database_is_away_it_is_said_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tenancy, "LOOK_EVERY_S", 0.001)
    directory = Directory()
    directory.failures = 3

    async with watching(InProcessLayer(), directory):
        await directory.next_answer()

    assert caplog.text.count("cannot be looked up") == 1


async def test_a_node_without_a_layer_watches_too() -> None:
    directory = Directory()
    directory.standings = [Standing(ACME, is_active=True, messages_per_minute_max=1)]

    async with watching(None, directory) as (_, allowances):
        await asyncio.sleep(0)

        assert [allowances.admit(ACME, 0) > 0 for _ in range(2)] == [False, True]


@pytest.mark.django_db(transaction=True)
class TestTheWholeNode:
    @pytest.mark.parametrize("shut", [suspend_tenant, request_deletion], ids=lambda act: act.__name__)
    async def test_sessions_end_and_nobody_gets_in_until_the_tenant_is_active_again(
        self, shut: Callable[[Tenant], None], dial: Dial, alice: User, eve: User
    ) -> None:
        desk, other = await dial(alice), await dial(eve)

        await in_database(shut, alice.tenant)

        assert (await desk.receive())["reason"] == "tenant_suspended"
        assert await desk.closed() == 4403
        assert await other.is_quiet()
        again = await dial(alice, sign_in=False)
        assert (await again.sign_in())["code"] == "token_invalid"

    async def test_who_was_kept_out_comes_back(self, dial: Dial, alice: User) -> None:
        await in_database(suspend_tenant, alice.tenant)
        await in_database(activate_tenant, alice.tenant)

        desk = await dial(alice)

        assert desk.welcome["op"] == "welcome"

    async def test_a_tenant_sends_exactly_as_much_as_it_may(self, dial: Dial, alice: User, bob: User) -> None:
        talk = await in_database(make_talk, alice, bob)
        node = await lifespan.running_node()
        desk, phone = await dial(alice), await dial(bob)
        await in_database(allow, alice.tenant, 2)
        layer: Any = get_channel_layer()
        await layer.group_send(NODES, {"type": TENANTS})
        while not node.allowances._limits:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)

        answers = [await sent(terminal, talk) for terminal in (desk, phone, desk)]

        assert [answer["op"] for answer in answers] == ["ack", "ack", "error"]
        assert answers[2]["code"] == "rate_limited"
        assert answers[2]["retry_after_ms"] > 0


def allow(tenant: Tenant, per_minute: int) -> None:
    change = TenantChange(limits={"messages_per_minute_max": per_minute})
    change_tenant(tenant_id=tenant.id, change=change)


def make_talk(alice: User, bob: User) -> Conversation:
    return conversations.start_group(alice, title="Talk", member_ids=[bob.id], now_ms=NOW_MS)


async def sent(terminal: Any, talk: Conversation) -> dict[str, Any]:
    """Send one message and return its answer; what others sent meanwhile is skipped."""
    message = terminal.message(talk)
    await terminal.send(**message)
    while (frame := await terminal.receive())["op"] not in {"ack", "error"}:
        pass
    return dict(frame)
