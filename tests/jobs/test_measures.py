"""Names of metrics are part of what operators build on."""

from apps.jobs import measures
from apps.metrics import REGISTRY


def test_jobs_are_measured_by_name() -> None:
    key = ("tests.measured", "done")

    measures.RUNS.add(job="tests.measured", outcome="done")

    found = {family.name: family for family in REGISTRY.snapshot()}
    assert found["im_jobs_runs_total"].numbers()[key] >= 1
