"""The edge server's counters are read, not kept twice."""

from apps.edge import Counters
from apps.metrics.registry import Registry
from imsite.serving.edge_metrics import watch_edge


def shown(registry: Registry) -> dict[str, dict[tuple[str, ...], object]]:
    return {family.name: dict(family.samples) for family in registry.snapshot()}


def test_what_the_server_counts_is_shown_as_it_is_now() -> None:
    registry, counters = Registry(), Counters()
    watch_edge(counters, registry)

    counters.open, counters.frames_in = 3, 70
    counters.refused["503"] += 2
    counters.broken[1007] += 1

    families = shown(registry)
    assert families["im_edge_connections"] == {(): 3}
    assert families["im_edge_frames_in_total"] == {(): 70}
    assert families["im_edge_refused_total"] == {("503",): 2}
    assert families["im_edge_broken_total"] == {("1007",): 1}


def test_a_server_takes_the_place_of_the_one_before() -> None:
    registry, old, fresh = Registry(), Counters(open=5), Counters(open=1)

    watch_edge(old, registry)
    watch_edge(fresh, registry)

    assert shown(registry)["im_edge_connections"] == {(): 1}
