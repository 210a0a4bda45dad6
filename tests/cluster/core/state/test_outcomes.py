"""The codes are stable, and only the empty one means that something happened."""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state.outcomes import Code, Outcome


def test_the_codes_are_the_ones_that_callers_know() -> None:
    assert [str(code) for code in Code] == [
        "",
        "duplicate",
        "invalid",
        "too_early",
        "stale",
        "unknown_member",
        "removed",
        "members_full",
        "owns_slots",
        "last_member",
        "version_too_low",
        "lease_held",
        "lease_lost",
        "leases_full",
    ]


def test_only_done_is_false() -> None:
    assert [code for code in Code if not code] == [Code.DONE]
    assert Outcome(NodeId(1), 1, 1, Code.DONE).result is None
