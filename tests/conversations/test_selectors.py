"""Finding conversations one is in."""

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.conversations import services
from apps.conversations.errors import ConversationNotFound, MemberNotFound
from apps.conversations.models import Conversation
from apps.conversations.selectors import find_direct, get_conversation, get_member, member_ids


@pytest.fixture
def group(alice: User, bob: User) -> Conversation:
    return services.create_group(alice, title="Group", member_ids=[bob.id])


def test_a_member_finds_her_conversation(
    group: Conversation, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert get_conversation(bob, group.id) == group


def test_everyone_else_is_told_there_is_none(group: Conversation, alice: User, carol: User, eve: User) -> None:
    for actor, conversation_id in [(carol, group.id), (eve, group.id), (alice, uuid4())]:
        with pytest.raises(ConversationNotFound):
            get_conversation(actor, conversation_id)


def test_a_membership_is_found(
    group: Conversation, alice: User, carol: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert get_member(group, alice.id).role == "owner"
    with pytest.raises(MemberNotFound):
        get_member(group, carol.id)


def test_members_are_listed_longest_standing_first(
    group: Conversation, alice: User, bob: User, carol: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.add_members(alice, conversation=group, user_ids=[carol.id])

    with django_assert_num_queries(1):
        assert member_ids(group) == [alice.id, bob.id, carol.id]


def test_a_pair_finds_its_direct_conversation(alice: User, bob: User, carol: User) -> None:
    direct, _created = services.create_direct(alice, other_id=bob.id)

    assert find_direct(alice, bob.id) == find_direct(bob, alice.id) == direct
    assert find_direct(alice, carol.id) is None
