"""What is measured of jobs, on the node that runs them."""

from typing import Final

from apps.metrics import SECONDS, counter, gauge, histogram

RUNS: Final = counter("im_jobs_runs_total", "Runs of periodic jobs that ended, by outcome.", ("job", "outcome"))
FAILURES: Final = counter("im_jobs_failures_total", "Runs of periodic jobs that failed, by error.", ("job", "code"))
DURATION: Final = histogram(
    "im_jobs_run_seconds",
    "How long runs of periodic jobs took.",
    ("job",),
    buckets=(*SECONDS, 60.0, 600.0, 3600.0),
)
RUNNING: Final = gauge("im_jobs_running", "Periodic jobs that this process is at work on.")
