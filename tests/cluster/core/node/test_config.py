import pytest

from tests.cluster.core.node.build import config_of


def test_a_node_waits_longer_for_an_answer_than_between_two_tries() -> None:
    config = config_of(1)

    assert config.retry_ms < config.proposal_ms
    assert config.reconcile_least_ms < config.reconcile_ms


def test_nobody_changes_it_afterwards() -> None:
    with pytest.raises(AttributeError):
        config_of(1).expect = 5  # type: ignore[misc]
