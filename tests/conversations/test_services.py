"""Making conversations and changing who is in them: each refusal beside its success."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.services import deactivate_user
from apps.common.errors import InvalidInput
from apps.conversations import services
from apps.conversations.errors import (
    ConversationNotFound,
    DirectImmutable,
    DirectWithSelf,
    GroupFull,
    MemberNotFound,
    NotAllowed,
    OwnerStays,
)
from apps.conversations.models import Conversation, Member
from apps.conversations.services import RoleChange
from apps.orgs.errors import Blocked
from apps.orgs.models import Block, PersonSettings


def roles(conversation: Conversation) -> dict[UUID, str]:
    members = Member.objects.for_tenant(conversation.tenant_id).filter(conversation=conversation)
    conversation.refresh_from_db()
    assert conversation.member_count == len(members)
    return {member.user_id: member.role for member in members}


@pytest.fixture
def group(alice: User, bob: User) -> Conversation:
    """Alice owns it, Bob is in it."""
    return services.create_group(alice, title="Group", member_ids=[bob.id])


@pytest.fixture
def direct(alice: User, bob: User) -> Conversation:
    return services.create_direct(alice, other_id=bob.id)[0]


class TestCreateDirect:
    def test_it_has_two_equal_members(self, alice: User, bob: User) -> None:
        conversation, created = services.create_direct(alice, other_id=bob.id)

        assert created
        assert conversation.kind == "direct"
        assert roles(conversation) == {alice.id: "member", bob.id: "member"}

    def test_the_other_one_gets_the_same(self, alice: User, bob: User, direct: Conversation) -> None:
        assert services.create_direct(bob, other_id=alice.id) == (direct, False)

    def test_not_with_oneself(self, alice: User) -> None:
        with pytest.raises(DirectWithSelf):
            services.create_direct(alice, other_id=alice.id)

    def test_not_with_a_stranger(self, alice: User, bob: User, eve: User) -> None:
        deactivate_user(bob)

        for other_id in (eve.id, bob.id, uuid4()):
            with pytest.raises(UserNotFound):
                services.create_direct(alice, other_id=other_id)
        assert not Conversation.objects.for_tenant(alice.tenant_id).exists()

    def test_one_that_is_there_is_returned_whoever_may_write_to_whom(
        self, alice: User, bob: User, direct: Conversation
    ) -> None:
        Block(tenant_id=alice.tenant_id, user=bob, blocked=alice).save()
        deactivate_user(bob)

        assert services.create_direct(alice, other_id=bob.id) == (direct, False)

    @pytest.mark.parametrize("blocker", ["alice", "bob"])
    def test_not_while_one_blocks_the_other(self, alice: User, bob: User, blocker: str) -> None:
        pair = {"alice": (alice, bob), "bob": (bob, alice)}[blocker]
        Block(tenant_id=alice.tenant_id, user=pair[0], blocked=pair[1]).save()

        with pytest.raises(Blocked):
            services.create_direct(alice, other_id=bob.id)
        with pytest.raises(Blocked):
            services.create_group(alice, title="Group", member_ids=[bob.id])

    def test_not_with_somebody_one_does_not_see(self, alice: User, bob: User) -> None:
        PersonSettings(tenant_id=bob.tenant_id, user=bob, is_hidden=True).save()

        with pytest.raises(UserNotFound):
            services.create_direct(alice, other_id=bob.id)
        with pytest.raises(UserNotFound):
            services.create_group(alice, title="Group", member_ids=[bob.id])

    @pytest.mark.django_db(transaction=True)
    def test_two_people_at_the_same_moment_get_the_same(self, alice: User, bob: User) -> None:
        barrier = threading.Barrier(2)
        made: list[tuple[Conversation, bool]] = []

        def start(actor: User, other: User) -> None:
            try:
                barrier.wait(timeout=10)
                made.append(services.create_direct(actor, other_id=other.id))
            finally:
                connection.close()

        threads = [threading.Thread(target=start, args=pair) for pair in [(alice, bob), (bob, alice)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert len({conversation.id for conversation, _created in made}) == 1
        assert sorted(created for _conversation, created in made) == [False, True]
        assert len(roles(made[0][0])) == 2


class TestCreateGroup:
    def test_its_maker_owns_it(self, alice: User, bob: User, carol: User) -> None:
        group = services.create_group(alice, title=" 发布 ", member_ids=[bob.id, alice.id, carol.id, bob.id])

        assert group.title == "发布"
        assert roles(group) == {alice.id: "owner", bob.id: "member", carol.id: "member"}

    def test_one_can_be_alone_in_it(self, alice: User) -> None:
        assert roles(services.create_group(alice, title="", member_ids=[])) == {alice.id: "owner"}

    def test_a_stranger_among_the_members_stops_it(self, alice: User, bob: User, eve: User) -> None:
        with pytest.raises(UserNotFound):
            services.create_group(alice, title="Group", member_ids=[bob.id, eve.id])

        assert not Conversation.objects.for_tenant(alice.tenant_id).exists()

    @pytest.mark.parametrize("title", ["x" * 101, "a\nb"])
    def test_a_bad_title_is_refused(self, alice: User, title: str) -> None:
        with pytest.raises(InvalidInput):
            services.create_group(alice, title=title, member_ids=[])

    def test_it_has_a_bound(self, alice: User, bob: User, carol: User, settings: Settings) -> None:
        settings.IM_GROUP_MEMBERS_MAX = 2

        with pytest.raises(GroupFull, match="3 members, at most 2"):
            services.create_group(alice, title="Group", member_ids=[bob.id, carol.id])
        assert len(roles(services.create_group(alice, title="Group", member_ids=[bob.id]))) == 2


class TestAddMembers:
    def test_who_is_new_joins_at_the_given_seq(self, group: Conversation, alice: User, bob: User, carol: User) -> None:
        added = services.add_members(alice, conversation=group, user_ids=[bob.id, carol.id, carol.id], join_seq=7)

        assert added == [carol.id]
        assert roles(group) == {alice.id: "owner", bob.id: "member", carol.id: "member"}
        assert Member.objects.for_tenant(alice.tenant_id).get(user=carol).join_seq == 7

    def test_plain_members_may_not(self, group: Conversation, bob: User, carol: User) -> None:
        with pytest.raises(NotAllowed):
            services.add_members(bob, conversation=group, user_ids=[carol.id])

    def test_strangers_to_it_learn_nothing(self, group: Conversation, carol: User, eve: User) -> None:
        for actor in (carol, eve):
            with pytest.raises(ConversationNotFound):
                services.add_members(actor, conversation=group, user_ids=[actor.id])

    def test_people_of_another_tenant_stay_out(self, group: Conversation, alice: User, carol: User, eve: User) -> None:
        with pytest.raises(UserNotFound):
            services.add_members(alice, conversation=group, user_ids=[carol.id, eve.id])

        assert carol.id not in roles(group)

    def test_nor_does_one_add_whom_one_may_not_write_to(
        self, group: Conversation, alice: User, bob: User, carol: User
    ) -> None:
        Block(tenant_id=alice.tenant_id, user=carol, blocked=alice).save()
        Block(tenant_id=alice.tenant_id, user=bob, blocked=alice).save()  # a member already

        with pytest.raises(Blocked):
            services.add_members(alice, conversation=group, user_ids=[bob.id, carol.id])
        assert services.add_members(alice, conversation=group, user_ids=[bob.id]) == []

    def test_a_direct_conversation_stays_as_it_is(self, direct: Conversation, alice: User, carol: User) -> None:
        with pytest.raises(DirectImmutable):
            services.add_members(alice, conversation=direct, user_ids=[carol.id])

    def test_a_full_group_takes_nobody(self, group: Conversation, alice: User, carol: User, settings: Settings) -> None:
        settings.IM_GROUP_MEMBERS_MAX = 2

        with pytest.raises(GroupFull):
            services.add_members(alice, conversation=group, user_ids=[carol.id])
        assert services.add_members(alice, conversation=group, user_ids=[alice.id]) == []

    def test_the_number_of_queries_does_not_grow_with_the_members(
        self, group: Conversation, alice: User, carol: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(10):  # limit, savepoint twice, lock, members, whom she may write to (3)…
            services.add_members(alice, conversation=group, user_ids=[carol.id])


class TestRemoveMember:
    def test_the_owner_removes_a_member(self, group: Conversation, alice: User, bob: User) -> None:
        assert services.remove_member(alice, conversation=group, user_id=bob.id) == []

        assert roles(group) == {alice.id: "owner"}

    def test_anyone_may_leave(self, group: Conversation, alice: User, bob: User) -> None:
        services.remove_member(bob, conversation=group, user_id=bob.id)

        assert roles(group) == {alice.id: "owner"}

    def test_a_plain_member_removes_nobody(self, group: Conversation, alice: User, bob: User) -> None:
        with pytest.raises(NotAllowed):
            services.remove_member(bob, conversation=group, user_id=alice.id)

    def test_who_is_not_in_it_cannot_be_removed(self, group: Conversation, alice: User, carol: User) -> None:
        with pytest.raises(MemberNotFound):
            services.remove_member(alice, conversation=group, user_id=carol.id)

    def test_an_admin_removes_members_only(self, group: Conversation, alice: User, bob: User, carol: User) -> None:
        services.add_members(alice, conversation=group, user_ids=[carol.id])
        services.set_role(alice, conversation=group, user_id=bob.id, role="admin")

        with pytest.raises(NotAllowed):
            services.remove_member(bob, conversation=group, user_id=alice.id)
        services.remove_member(bob, conversation=group, user_id=carol.id)

        assert roles(group) == {alice.id: "owner", bob.id: "admin"}

    def test_an_owner_who_leaves_is_succeeded_by_the_oldest_admin(
        self, group: Conversation, alice: User, bob: User, carol: User
    ) -> None:
        services.add_members(alice, conversation=group, user_ids=[carol.id])
        services.set_role(alice, conversation=group, user_id=carol.id, role="admin")

        changes = services.remove_member(alice, conversation=group, user_id=alice.id)

        assert changes == [RoleChange(carol.id, "owner")]
        assert roles(group) == {bob.id: "member", carol.id: "owner"}

    def test_without_admins_the_oldest_member_succeeds(
        self, group: Conversation, alice: User, bob: User, carol: User
    ) -> None:
        services.add_members(alice, conversation=group, user_ids=[carol.id])

        changes = services.remove_member(alice, conversation=group, user_id=alice.id)

        assert changes == [RoleChange(bob.id, "owner")]

    def test_the_last_one_leaves_nobody_behind(self, alice: User) -> None:
        group = services.create_group(alice, title="Alone", member_ids=[])

        assert services.remove_member(alice, conversation=group, user_id=alice.id) == []
        assert roles(group) == {}

    def test_nobody_leaves_a_direct_conversation(self, direct: Conversation, alice: User) -> None:
        with pytest.raises(DirectImmutable):
            services.remove_member(alice, conversation=direct, user_id=alice.id)

    def test_strangers_to_it_learn_nothing(self, group: Conversation, alice: User, eve: User) -> None:
        with pytest.raises(ConversationNotFound):
            services.remove_member(eve, conversation=group, user_id=alice.id)


class TestRename:
    def test_owner_and_admins_may(self, group: Conversation, alice: User, bob: User) -> None:
        services.set_role(alice, conversation=group, user_id=bob.id, role="admin")

        assert services.rename(bob, conversation=group, title=" Launch ").title == "Launch"

        group.refresh_from_db()
        assert group.title == "Launch"

    def test_plain_members_may_not(self, group: Conversation, bob: User) -> None:
        with pytest.raises(NotAllowed):
            services.rename(bob, conversation=group, title="Mine")

    @pytest.mark.parametrize("title", ["", " ", "x" * 101])
    def test_a_bad_title_is_refused(self, group: Conversation, alice: User, title: str) -> None:
        with pytest.raises(InvalidInput):
            services.rename(alice, conversation=group, title=title)

    def test_a_direct_conversation_has_no_title(self, direct: Conversation, alice: User) -> None:
        with pytest.raises(DirectImmutable):
            services.rename(alice, conversation=direct, title="Us")

    def test_strangers_to_it_learn_nothing(self, group: Conversation, eve: User) -> None:
        with pytest.raises(ConversationNotFound):
            services.rename(eve, conversation=group, title="Mine")


class TestSetRole:
    def test_the_owner_makes_admins_and_unmakes_them(self, group: Conversation, alice: User, bob: User) -> None:
        made = services.set_role(alice, conversation=group, user_id=bob.id, role="admin")
        unmade = services.set_role(alice, conversation=group, user_id=bob.id, role="member")

        assert (made, unmade) == ([RoleChange(bob.id, "admin")], [RoleChange(bob.id, "member")])

    def test_the_same_role_changes_nothing(self, group: Conversation, alice: User, bob: User) -> None:
        assert services.set_role(alice, conversation=group, user_id=bob.id, role="member") == []
        assert services.set_role(alice, conversation=group, user_id=alice.id, role="owner") == []

    def test_the_owner_hands_over(self, group: Conversation, alice: User, bob: User) -> None:
        changes = services.set_role(alice, conversation=group, user_id=bob.id, role="owner")

        assert changes == [RoleChange(bob.id, "owner"), RoleChange(alice.id, "admin")]
        assert roles(group) == {alice.id: "admin", bob.id: "owner"}

    def test_the_owner_cannot_just_step_down(self, group: Conversation, alice: User) -> None:
        with pytest.raises(OwnerStays):
            services.set_role(alice, conversation=group, user_id=alice.id, role="member")

    def test_an_admin_gives_no_roles(self, group: Conversation, alice: User, bob: User) -> None:
        services.set_role(alice, conversation=group, user_id=bob.id, role="admin")

        with pytest.raises(NotAllowed):
            services.set_role(bob, conversation=group, user_id=bob.id, role="owner")

    def test_only_members_have_roles(self, group: Conversation, alice: User, carol: User) -> None:
        with pytest.raises(MemberNotFound):
            services.set_role(alice, conversation=group, user_id=carol.id, role="admin")

    def test_an_unknown_role_is_refused(self, group: Conversation, alice: User, bob: User) -> None:
        with pytest.raises(InvalidInput):
            services.set_role(alice, conversation=group, user_id=bob.id, role="king")

    def test_a_direct_conversation_has_no_roles(self, direct: Conversation, alice: User, bob: User) -> None:
        with pytest.raises(DirectImmutable):
            services.set_role(alice, conversation=direct, user_id=bob.id, role="admin")

    def test_strangers_to_it_learn_nothing(self, group: Conversation, alice: User, eve: User) -> None:
        with pytest.raises(ConversationNotFound):
            services.set_role(eve, conversation=group, user_id=alice.id, role="member")


class TestWriting:
    def test_members_are_silenced_and_heard_again(self, direct: Conversation, alice: User, bob: User) -> None:
        members = services.lock_members(direct)

        services.let_write(members, may_write=False)
        silenced = set(Member.objects.for_tenant(direct.tenant_id).values_list("user_id", "may_write"))
        services.let_write(members, may_write=True)

        assert silenced == {(alice.id, False), (bob.id, False)}
        assert set(Member.objects.for_tenant(direct.tenant_id).values_list("may_write", flat=True)) == {True}


class TestTheTenantsGroupLimit:
    """A tenant may have smaller groups than the installation bears, never larger ones."""

    def limit(self, user: User, members: int) -> None:
        user.tenant.group_members_max = members
        user.tenant.save()

    def test_the_last_place_is_given_and_then_none(self, alice: User, bob: User, carol: User) -> None:
        self.limit(alice, 2)
        group = services.create_group(alice, title="Two", member_ids=[bob.id])

        with pytest.raises(GroupFull, match="3 members, at most 2"):
            services.add_members(alice, conversation=group, user_ids=[carol.id])

        assert len(roles(group)) == 2

    def test_a_group_too_large_is_not_made(self, alice: User, bob: User, carol: User) -> None:
        self.limit(alice, 2)

        with pytest.raises(GroupFull):
            services.create_group(alice, title="Three", member_ids=[bob.id, carol.id])

    def test_the_installations_own_bound_stays(self, alice: User, bob: User, settings: Settings) -> None:
        settings.IM_GROUP_MEMBERS_MAX = 1
        self.limit(alice, 100)

        with pytest.raises(GroupFull, match="at most 1"):
            services.create_group(alice, title="Two", member_ids=[bob.id])

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_the_last_place_one_gets_it(self, alice: User, bob: User, carol: User) -> None:
        self.limit(alice, 2)
        group = services.create_group(alice, title="Two", member_ids=[])
        outcomes: list[str] = []
        start = threading.Barrier(2)

        def add(user: User) -> None:
            start.wait(10)
            try:
                services.add_members(alice, conversation=group, user_ids=[user.id])
                outcomes.append("added")
            except GroupFull:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=add, args=(user,)) for user in (bob, carol)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(outcomes) == ["added", "refused"]
        assert len(roles(group)) == 2
