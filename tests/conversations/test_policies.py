"""Who may change what in a group."""

from collections.abc import Callable

import pytest

from apps.conversations import policies
from apps.conversations.errors import DirectImmutable, NotAllowed
from apps.conversations.models import Conversation

ROLES = ("owner", "admin", "member")


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (policies.require_may_add, {"owner", "admin"}),
        (policies.require_may_rename, {"owner", "admin"}),
        (policies.require_may_set_role, {"owner"}),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_or_may_not(policy: Callable[[str], None], allowed: set[str], role: str) -> None:
    if role in allowed:
        policy(role)
        return
    with pytest.raises(NotAllowed):
        policy(role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("target_role", ROLES)
def test_members_of_a_lower_role_can_be_removed(role: str, target_role: str) -> None:
    allowed = (role, target_role) in {("owner", "admin"), ("owner", "member"), ("admin", "member")}

    if allowed:
        policies.require_may_remove(role, target_role=target_role)
        return
    with pytest.raises(NotAllowed):
        policies.require_may_remove(role, target_role=target_role)


def test_admins_inherit_before_members() -> None:
    assert policies.heir_rank("admin") > policies.heir_rank("member")


def test_only_groups_change() -> None:
    policies.require_group(Conversation(kind="group"))
    with pytest.raises(DirectImmutable):
        policies.require_group(Conversation(kind="direct"))
