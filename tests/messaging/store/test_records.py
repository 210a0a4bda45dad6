"""Records of the store."""

from uuid import UUID

from apps.messaging.store.records import Draft, MemberList
from apps.wire.ids import ConversationId, TenantId, UserId

SOMEBODY = UserId(UUID(int=5))


def test_a_member_list_names_the_group_of_every_member_once() -> None:
    members = MemberList([SOMEBODY])

    assert members.groups == (f"user.{SOMEBODY.hex}",)
    assert members.groups is members.groups


def test_a_silent_member_is_told_but_is_no_writer() -> None:
    other = UserId(UUID(int=6))

    members = MemberList([SOMEBODY, other], silent=[SOMEBODY])

    assert members.ids == (SOMEBODY, other)
    assert members.writers == {other.int}


def test_only_messages_from_people_are_countable() -> None:
    def draft(kind: str) -> Draft:
        return Draft(TenantId(UUID(int=1)), SOMEBODY, ConversationId(UUID(int=2)), b"", kind, b"{}")

    assert draft("text").countable
    assert not draft("members_added").countable
