"""The catalogue of conversations' refusals."""

import pytest

from apps.common.errors import ImError
from apps.conversations import errors


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.ConversationNotFound(conversation="42"), "conversation_not_found", 404),
        (errors.MemberNotFound(user="42"), "member_not_found", 404),
        (errors.DirectWithSelf(), "direct_with_self", 400),
        (errors.DirectImmutable(), "direct_immutable", 409),
        (errors.GroupFull(size=501, limit=500), "group_full", 409),
        (errors.NotAllowed(), "not_allowed", 403),
        (errors.OwnerStays(), "owner_stays", 409),
    ],
)
def test_codes_and_statuses_are_stable_and_texts_complete(error: ImError, code: str, status: int) -> None:
    assert (error.code, error.status) == (code, status)
    assert error.text
    assert "%(" not in error.text


def test_a_full_group_says_how_full() -> None:
    assert "501" in errors.GroupFull(size=501, limit=500).text
    assert "500" in errors.GroupFull(size=501, limit=500).text
