"""`manage.py jobs [list]`, `manage.py jobs run NAME`: what the installation does by itself, and doing it now."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from apps.audit.origin import Origin, coming_from
from apps.common.errors import ImError
from apps.jobs.models import Job
from apps.jobs.registry import JOBS
from apps.jobs.runner import Runner, Tempo
from apps.jobs.services import prepare
from imsite.phrases import language, phrase


class Command(BaseCommand):
    """Parse, do, tell."""

    help = phrase("List the periodic jobs, with their last and next runs, or do one now.")

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which job."""
        actions = parser.add_subparsers(dest="action")
        text = phrase("list the jobs: when each ran last and runs next, and what became of it")
        actions.add_parser("list", help=text)
        run = actions.add_parser("run", help=phrase("do a job now, in this process; exit status 1 if it fails"))
        run.add_argument("name", help=phrase("the name of the job, as listed"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, as the installation itself."""
        with translation.override(language()), coming_from(Origin(via="command")):
            try:
                if options["action"] == "run":
                    self._run(options["name"])
                else:
                    self._list()
            except ImError as error:
                raise CommandError(error.text) from error

    def _list(self) -> None:
        prepare()
        rows = {row.name: row for row in Job.objects.all()}
        for job in JOBS:
            row = rows[job.name]
            self.stdout.write(f"{job.name}  {job.title}")
            last = phrase("last run: {time}, {outcome}", time=_moment(row.started_at), outcome=_outcome(row))
            self.stdout.write(f"    {last}")
            self.stdout.write(f"    {phrase('next run: {time}', time=_moment(row.due_at))}")

    def _run(self, name: str) -> None:
        node = f"{settings.IM_CLUSTER['name']} jobs"
        row = Runner(node, Tempo.of(settings.IM_JOBS["tempo"])).run_here(JOBS.get(name))
        self.stdout.write(_outcome(row))
        if row.outcome != Job.Outcome.DONE:
            raise CommandError(phrase("the job {name} did not succeed", name=name))


def _moment(at: datetime | None) -> str:
    return "-" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"


def _outcome(row: Job) -> str:
    told = row.get_outcome_display()
    if row.outcome == Job.Outcome.DONE:
        return phrase("{outcome}, things done: {count}", outcome=told, count=row.done)
    return f"{told} ({row.code})" if row.code else str(told)
