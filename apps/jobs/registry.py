"""The jobs that this program has, each registered once by the app whose business it is (`AppConfig.ready`).

Not here: when they last ran (`models`), and running them (`runner`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ImproperlyConfigured

from apps.jobs.errors import JobUnknown
from apps.jobs.turns import Turn

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAME: Final = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")
MAX_NAME_CHARS: Final = 64
SHORTEST: Final = timedelta(seconds=1)
"""No job is due more often."""
LONGEST: Final = timedelta(days=1)
"""No run may take longer."""

Work = Callable[[Turn], object]
"""Does what is due, a batch at a time, and asks the turn between batches whether to go on. May be cut off anywhere and
be run again from its start; two at once do no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A job: what it is called (`app.what`), how often it is due, how long one run may take, and what it does."""

    name: str
    title: "StrOrPromise"
    every: timedelta
    limit: timedelta
    work: Work

    def __post_init__(self) -> None:
        """Refuse what can't be meant. Raises ImproperlyConfigured."""
        if len(self.name) > MAX_NAME_CHARS or NAME.fullmatch(self.name) is None:
            raise ImproperlyConfigured(f"{self.name!r} is no name of a job: it must be like app.what_it_does")
        if self.every < SHORTEST or not timedelta() < self.limit <= LONGEST:
            raise ImproperlyConfigured(f"job {self.name}: every {self.every}, for {self.limit} at most, is no plan")


class Registry:
    """Jobs by name."""

    def __init__(self) -> None:
        self._jobs: dict[str, Periodic] = {}

    def __iter__(self) -> Iterator[Periodic]:
        return iter(sorted(self._jobs.values(), key=lambda job: job.name))

    def register(self, job: Periodic) -> None:
        """Have a job. Raises ImproperlyConfigured if there is one of that name: one of the two would never run."""
        if job.name in self._jobs:
            raise ImproperlyConfigured(f"the job {job.name} is registered twice")
        self._jobs[job.name] = job

    def find(self, name: str) -> Periodic | None:
        """Return the job; None where this program has none of that name (another version may)."""
        return self._jobs.get(name)

    def get(self, name: str) -> Periodic:
        """Return the job. Raises JobUnknown."""
        job = self.find(name)
        if job is None:
            raise JobUnknown(job=name)
        return job


JOBS: Final = Registry()
"""Those of this program."""
register_job: Final = JOBS.register


def register_jobs(jobs: Iterable[Periodic]) -> None:
    """Have several jobs. Raises ImproperlyConfigured."""
    for job in jobs:
        register_job(job)
