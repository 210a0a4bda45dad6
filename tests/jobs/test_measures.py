"""Names of metrics are part of what operators build on."""

from apps.jobs import measures
from apps.metrics import REGISTRY


def test_jobs_are_measured_by_name() -> None:
    before = {family.name: family for family in REGISTRY.snapshot()}["im_jobs_runs_total"].numbers()

    measures.RUNS.add(job="tests.measured", outcome="done")

    found = {family.name: family for family in REGISTRY.snapshot()}
    key = ("tests.measured", "done")
    assert found["im_jobs_runs_total"].numbers()[key] == before.get(key, 0) + 1
    assert {"im_jobs_failures_total", "im_jobs_run_seconds", "im_jobs_running"} <= found.keys()
