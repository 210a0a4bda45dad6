"""The benchmark of gossip still measures what its table shows."""

import pytest

from benchmarks.gossip import describe, measure_size, print_table


def test_a_small_cluster_can_be_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("benchmarks.gossip.ALARM_NODE_MS", 1)

    row = measure_size(5, samples=1, seed=3)
    print_table({"rows": [row]})

    assert 0 < row["spread_ms"]["last"] < 1_000
    assert row["detection_ms"]["suspected"] < row["detection_ms"]["first"] <= row["detection_ms"]["last"] < 15_000
    assert [alarm["dead"] for alarm in row["false_alarms"]] == [0] * 6
    assert "20% lost, no streams" in capsys.readouterr().out


def test_nodes_say_of_themselves_what_is_usual() -> None:
    assert describe(1) != describe(1, load=1)
