import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.raft import RaftConfig

ONE = NodeId(1)


def test_the_defaults_keep_the_formula_of_leases() -> None:
    config = RaftConfig(ONE)

    assert config.lease_wait_ms == 550 <= config.election_ms


def test_the_wait_is_rounded_up() -> None:
    config = RaftConfig(ONE, lease_ms=501, drift=0.05)

    assert config.lease_wait_ms == 552


@pytest.mark.parametrize(
    "wrong",
    [{"lease_ms": 546}, {"lease_ms": 0}, {"drift": 0.2}, {"drift": -0.1}, {"heartbeat_ms": 301}, {"heartbeat_ms": 0}],
)
def test_times_that_do_not_fit_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="_ms"):
        RaftConfig(ONE, **wrong)  # type: ignore[arg-type]


def test_a_member_needs_an_id() -> None:
    with pytest.raises(ValueError, match="id"):
        RaftConfig(NO_NODE)
