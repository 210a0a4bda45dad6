"""The app's entry for Django."""

import os
from datetime import timedelta
from pathlib import Path

from django.apps import AppConfig

NAME = "tests.busy"
FOLDER = "IM_TEST_JOBS_FOLDER"
"""Where a run leaves a line, and looks for the file that holds it up."""


class BusyConfig(AppConfig):
    name = "tests.jobs.busy"
    label = "busy"

    def ready(self) -> None:
        from apps.jobs.models import Job
        from apps.jobs.registry import Periodic, register_job
        from apps.jobs.turns import Turn

        folder = Path(os.environ[FOLDER])

        def work(turn: Turn) -> None:
            row = Job.objects.get(pk=NAME)
            assert row.ran_due_at is not None
            with (folder / "runs").open("a") as runs:
                runs.write(f"{os.getpid()} {row.ran_due_at.isoformat()}\n")
            while (folder / "hold").exists():
                (folder / "held").touch()
                turn.pause(0.02)
            turn.did(1)

        register_job(
            Periodic(name=NAME, title="Busy", every=timedelta(seconds=1), limit=timedelta(minutes=5), work=work)
        )
