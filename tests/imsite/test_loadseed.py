"""Seeding for load tests: many rows at once, and all of them usable."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import User
from apps.accounts.services.tokens import user_for_token
from apps.conversations.models import Conversation, Member
from apps.conversations.services import create_direct
from apps.loadtest.population import Population, read_population
from apps.messaging.models import Log
from apps.tenants.models import Tenant
from imsite.errors import OperatorError
from imsite.loadseed import Order, seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture
def seeded(tokens: Path) -> Population:
    return seed(Order("load", users=9, sizes=(4, 100), lifetime=timedelta(hours=1)), tokens)


def test_the_file_has_what_was_made_and_is_private(seeded: Population, tokens: Path) -> None:
    assert read_population(tokens) == seeded
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert set(seeded.database) == {"server_version", "fsync", "synchronous_commit"}


def test_tokens_sign_their_users_in_and_nobody_else(seeded: Population) -> None:
    signed_in = [user_for_token(user.token)[0].id for user in seeded.users]

    assert signed_in == [user.id for user in seeded.users]
    with pytest.raises(TokenInvalid):
        user_for_token(str(uuid4()))


def test_users_cannot_sign_in_with_a_password(seeded: Population) -> None:
    tenant = Tenant.objects.get(slug="load")
    users = list(User.objects.for_tenant(tenant.id))

    assert len(users) == 9
    assert not any(user.has_usable_password() for user in users)
    assert sorted(user.login for user in users)[0] == "u0@load"


def test_conversations_have_neighbours_as_members_and_an_empty_log(seeded: Population) -> None:
    tenant = Tenant.objects.get(slug="load")

    assert {size: len(ids) for size, ids in seeded.conversations.items()} == {2: 4, 4: 2}
    for size, ids in seeded.conversations.items():
        for number, conversation in enumerate(ids):
            members = Member.objects.for_tenant(tenant.id).filter(conversation_id=conversation)
            wanted = {user.id for user in seeded.users[number * size : (number + 1) * size]}
            assert set(members.values_list("user_id", flat=True)) == wanted
            assert Conversation.objects.for_tenant(tenant.id).get(pk=conversation).member_count == size
            assert Log.objects.for_tenant(tenant.id).get(pk=conversation).max_seq == 0


def test_a_pair_s_conversation_is_the_one_that_the_services_find(seeded: Population) -> None:
    tenant = Tenant.objects.get(slug="load")
    first = User.objects.for_tenant(tenant.id).get(pk=seeded.users[0].id)

    conversation, created = create_direct(first, other_id=seeded.users[1].id)

    assert (conversation.pk, created) == (seeded.conversations[2][0], False)


def test_a_tenant_that_exists_is_left_alone(tenant: Tenant, tokens: Path) -> None:
    with pytest.raises(OperatorError, match=tenant.slug):
        seed(Order(tenant.slug, users=2, sizes=(), lifetime=timedelta(hours=1)), tokens)

    assert not tokens.exists()
