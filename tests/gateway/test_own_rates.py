"""A service account's own rate holds on its sockets as it does on REST."""

import pytest
from django.utils import timezone

from apps.accounts.models import ServiceAccount, User
from apps.tenants.models import Tenant
from tests.accounts.programs import make_service_account
from tests.gateway.conftest import Dial, in_database


@pytest.fixture
def bot(transactional_db: None, tenant: Tenant) -> User:
    """A service account that may ask once a minute."""
    user = make_service_account(tenant)
    ServiceAccount.unscoped.create(user=user, tenant=tenant, requests_per_minute=1, secret_changed_at=timezone.now())
    return user


async def test_what_is_beyond_it_is_refused_with_how_long_to_wait(dial: Dial, bot: User) -> None:
    terminal = await dial(bot)

    answers = []
    for ref in ("first", "second"):
        await terminal.send(op="list_conversations", ref=ref)
        answers.append(await terminal.receive())

    assert answers[0]["op"] != "error"
    assert (answers[1]["op"], answers[1]["code"]) == ("error", "rate_limited")
    assert 1_000 < answers[1]["retry_after_ms"] <= 60_001


async def test_without_one_of_its_own_it_has_the_rate_of_people(dial: Dial, bot: User) -> None:
    await in_database(ServiceAccount.unscoped.filter(pk=bot.pk).update, requests_per_minute=None)
    terminal = await dial(bot)

    for ref in ("first", "second"):
        await terminal.send(op="list_conversations", ref=ref)
        assert (await terminal.receive())["op"] != "error"


async def test_people_have_the_rate_of_all(dial: Dial, alice: User, bot: User) -> None:
    terminal = await dial(alice)

    for ref in ("first", "second"):
        await terminal.send(op="list_conversations", ref=ref)
        assert (await terminal.receive())["op"] != "error"
