"""Monitoring reads the cluster's figures, each under one name and in one unit."""

from pathlib import Path

import pytest

from apps.cluster.services import Cluster
from apps.metrics import Family, Kind
from apps.metrics.adapters.openmetrics import expose
from imsite.operating.cluster_figures import cluster_families, glance, silent_node
from tests.cluster.live import config, running
from tests.imsite.operating.status import Facts, member, status, unformed


def samples(facts: Facts | None) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus reads them."""
    return read(cluster_families(facts))


def read(families: list[Family]) -> dict[str, float]:
    lines = expose(families)[0].decode().splitlines()
    found = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    assert len({key for key, _, _ in found}) == len(found), "a sample comes twice"
    return {key: float(value) for key, _, value in found}


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        ("imsite_cluster_node", 1),
        ("imsite_cluster_answers", 1),
        ('imsite_cluster_node_info{cluster="c1",name="alpha",node="0000000000000001"}', 1),
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
    assert samples(status())[sample] == value


def test_every_metric_comes_once_and_is_explained() -> None:
    families = cluster_families(status())

    assert len({family.name for family in families}) == len(families)
    assert all(family.text.endswith(".") for family in families)
    assert {family.name for family in families if family.kind is Kind.COUNTER} == {"imsite_cluster_events_total"}


def test_what_only_a_leader_knows_is_left_out_elsewhere() -> None:
    found = samples(status(members=[member("alpha", 1, applied=None)]))

    assert not any(name.startswith("imsite_cluster_member_applied") for name in found)


def test_a_follower_does_not_lead() -> None:
    assert samples(status(leader="北京"))["imsite_cluster_leads"] == 0


def test_a_node_without_cluster_has_no_leader_and_says_nothing_of_slots() -> None:
    found = samples(unformed())

    assert found["imsite_cluster_has_leader"] == found["imsite_cluster_leads"] == 0
    assert "imsite_cluster_unassigned_slots" not in found


def test_a_process_that_is_no_node_says_only_that() -> None:
    assert samples(None) == {"imsite_cluster_node": 0}


def test_a_node_that_does_not_answer_is_a_node_all_the_same() -> None:
    assert read(silent_node()) == {"imsite_cluster_node": 1, "imsite_cluster_answers": 0}


async def test_a_glance_shows_who_is_alive_and_what_this_node_owns(tmp_path: Path) -> None:
    async with running(tmp_path, 2) as nodes:
        seen = [read(glance(node)) for node in nodes]

    assert [each["cluster_nodes_alive"] for each in seen] == [2, 2]
    assert sum(each["cluster_slots_owned"] for each in seen) == 16_384


async def test_without_a_cluster_there_is_nothing_to_glance_at(tmp_path: Path) -> None:
    waiting = Cluster(config(tmp_path, "n0", expect=2), lambda *_: None)

    found = [glance(None), glance(waiting)]

    waiting.stop()
    assert found == [[], []]


@pytest.mark.parametrize(
    ("name", "written"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb"), ('x"} 1', r"x\"} 1")]
)
def test_a_name_cannot_end_its_label(name: str, written: str) -> None:
    found = samples(status(members=[member(name, 1)]))

    assert f'imsite_cluster_member_slots{{member="{written}",node="0000000000000001"}}' in found
