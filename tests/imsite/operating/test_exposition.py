"""Monitoring reads the cluster's figures in the format of Prometheus."""

import re
from typing import Any

import pytest

from imsite.operating.exposition import exposition
from tests.imsite.operating.status import member, status, unformed

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9.e+-]+)')


def samples(text: str) -> dict[str, float]:
    """Every sample by its name and labels. Fails for a line that is not of the format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            key, _, value = line.rpartition(" ")
            assert key not in found, f"{key} comes twice"
            found[key] = float(value)
    return found


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        ("imsite_cluster_node", 1),
        ('imsite_cluster_node_info{name="alpha",node="0000000000000001",cluster="c1"}', 1),
        ("imsite_cluster_has_leader", 1),
        ("imsite_cluster_leads", 1),
        ("imsite_cluster_serving", 1),
        ("imsite_cluster_term", 5),
        ("imsite_cluster_unassigned_slots", 1),
        ('imsite_cluster_links{side="accepted"}', 1),
        ('imsite_cluster_member_status{member="gamma",node="0000000000000003",status="dead"}', 1),
        ('imsite_cluster_member_voter{member="gamma",node="0000000000000003"}', 0),
        ('imsite_cluster_member_slots{member="北京",node="0000000000000002"}', 5461),
        ('imsite_cluster_member_draining{member="北京",node="0000000000000002"}', 1),
        ('imsite_cluster_tick_late_seconds{over="lately_max"}', 0.0035),
        ('imsite_cluster_persist_seconds{over="average"}', 0.0015),
        ('imsite_cluster_events_total{event="udp_rejected_key"}', 4),
    ],
)
def test_every_figure_has_a_name_and_a_unit(sample: str, value: float) -> None:
    assert samples(exposition(status()))[sample] == value


def test_every_metric_is_explained_once_and_before_its_samples() -> None:
    lines = exposition(status()).splitlines()

    explained = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    used = list(dict.fromkeys(SAMPLE.fullmatch(line)[1] for line in lines if not line.startswith("#")))  # type: ignore[index]

    assert explained == used == [line.split()[2] for line in lines if line.startswith("# HELP")]


def test_what_only_a_leader_knows_is_left_out_elsewhere() -> None:
    found = samples(exposition(status(members=[member("alpha", 1, applied=None)])))

    assert not any(name.startswith("imsite_cluster_member_applied") for name in found)


def test_a_follower_does_not_lead() -> None:
    assert samples(exposition(status(leader="北京")))["imsite_cluster_leads"] == 0


def test_a_node_without_cluster_has_no_leader_and_says_nothing_of_slots() -> None:
    found = samples(exposition(unformed()))

    assert found["imsite_cluster_has_leader"] == found["imsite_cluster_leads"] == 0
    assert "imsite_cluster_unassigned_slots" not in found


def test_a_process_that_is_no_node_says_only_that() -> None:
    assert samples(exposition(None)) == {"imsite_cluster_node": 0}


@pytest.mark.parametrize(
    ("name", "written"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb"), ('x"} 1', r"x\"} 1")]
)
def test_a_name_cannot_end_its_label(name: str, written: str) -> None:
    facts: dict[str, Any] = status(members=[member(name, 1)])

    assert f'imsite_cluster_member_slots{{member="{written}",node="0000000000000001"}}' in samples(exposition(facts))
