"""What may go wrong when something is asked of the cluster."""

import pytest

from apps.cluster.runtime import errors
from apps.common.errors import ImError


@pytest.mark.parametrize(
    ("error", "code", "status", "text"),
    [
        (errors.ClusterUnavailable(reason="timeout"), "cluster_unavailable", 503, "there was no answer in time"),
        (errors.ClusterRefused(reason="stale"), "cluster_refused", 409, "has changed"),
        (errors.ClusterRefused(reason="owns_slots"), "cluster_refused", 409, "owns_slots"),
        (errors.LeaseHeld(key="job"), "lease_held", 409, "job"),
        (errors.LeaseLost(key="job"), "lease_lost", 409, "job"),
        (errors.MemberUnknown(node="n9"), "member_unknown", 404, "n9"),
        (errors.NotLeader(leader="n1"), "not_leader", 409, "n1"),
    ],
)
def test_each_error_has_its_code_and_names_its_cause(error: ImError, code: str, status: int, text: str) -> None:
    assert (error.code, error.status) == (code, status)
    assert text in error.text


def test_only_what_passes_is_worth_another_try() -> None:
    assert errors.ClusterUnavailable.retryable
    assert not errors.ClusterRefused.retryable
