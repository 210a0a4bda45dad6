"""Blocks: made, lifted, bounded. What they do to conversations is `messaging`'s to test."""

import pytest

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.audit.models import Entry
from apps.orgs.errors import BlocksFull
from apps.orgs.models import PersonSettings
from apps.orgs.selectors.relations import is_blocked
from apps.orgs.services import blocks
from apps.orgs.services.blocks import block_person, unblock_person
from tests.orgs.conftest import NOW


def actions(user: User) -> list[str]:
    return list(Entry.objects.for_tenant(user.tenant_id).order_by("number").values_list("action", flat=True))


def test_a_block_is_made_once_and_lifted_once(alice: User, bob: User) -> None:
    block_person(alice, user_id=bob.id, now=NOW)
    block_person(alice, user_id=bob.id, now=NOW)

    assert is_blocked(alice, bob.id)
    assert actions(alice) == ["orgs.block.made"]

    unblock_person(alice, user_id=bob.id, now=NOW)
    unblock_person(alice, user_id=bob.id, now=NOW)

    assert not is_blocked(alice, bob.id)
    assert actions(alice) == ["orgs.block.made", "orgs.block.lifted"]


def test_nobody_lifts_anothers(alice: User, bob: User) -> None:
    block_person(alice, user_id=bob.id, now=NOW)

    unblock_person(bob, user_id=alice.id, now=NOW)

    assert is_blocked(bob, alice.id)


def test_whoever_wrote_can_be_blocked_though_hidden_or_gone_by_now(alice: User, bob: User, carol: User) -> None:
    PersonSettings(tenant_id=bob.tenant_id, user=bob, is_hidden=True).save()
    deactivate_user(carol)

    block_person(alice, user_id=bob.id, now=NOW)
    block_person(alice, user_id=carol.id, now=NOW)

    assert is_blocked(alice, bob.id)
    assert is_blocked(alice, carol.id)


def test_not_oneself_nor_strangers(alice: User, eve: User) -> None:
    for user_id in (alice.id, eve.id):
        with pytest.raises(UserNotFound):
            block_person(alice, user_id=user_id, now=NOW)
        with pytest.raises(UserNotFound):
            unblock_person(alice, user_id=user_id, now=NOW)


def test_they_have_a_bound(alice: User, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_BLOCKS", 1)
    block_person(alice, user_id=bob.id, now=NOW)

    with pytest.raises(BlocksFull, match="1 people"):
        block_person(alice, user_id=carol.id, now=NOW)

    block_person(alice, user_id=bob.id, now=NOW)
    block_person(bob, user_id=carol.id, now=NOW)
