"""What is refused has a stable code."""

from apps.jobs.errors import JobBusy, JobUnknown


def test_refusals_name_the_job() -> None:
    found = [(error.code, error.status, error.text) for error in (JobUnknown(job="a.b"), JobBusy(job="a.b"))]

    assert found == [
        ("job_unknown", 404, "there is no job a.b"),
        ("job_busy", 409, "the job a.b is under way"),
    ]
