"""Carrying out one run of a job, in the thread that calls: do the work, write down how it ended, measure it."""

import logging
import time
from datetime import timedelta

from apps.common.errors import ImError
from apps.jobs import services
from apps.jobs.measures import DURATION, FAILURES, RUNNING, RUNS
from apps.jobs.models import Job
from apps.jobs.pacing import RETRY
from apps.jobs.registry import Periodic
from apps.jobs.services import Claim
from apps.jobs.turns import Ending, Turn, TurnOver

logger = logging.getLogger(__name__)

INTERNAL = ImError.code
"""The code of a failure that nobody anticipated; the log has its traceback."""
_AFTER = {Ending.STOPPING: Job.Outcome.INTERRUPTED, Ending.OVERRAN: Job.Outcome.OVERRAN, Ending.LOST: Job.Outcome.LOST}


def carry_out(job: Periodic, held: Claim, turn: Turn, *, retry: timedelta = RETRY) -> Job.Outcome:
    """Do what is due, and return how it ended. Whatever the work raises is written down, not raised."""
    begun_s = time.perf_counter()
    RUNNING.add(1)
    try:
        outcome, code = _done(job, turn)
    finally:
        RUNNING.add(-1)
    DURATION.observe(time.perf_counter() - begun_s, job=job.name)
    end(held, outcome, done=turn.done, code=code, retry=retry)
    return outcome


def end(held: Claim, outcome: Job.Outcome, *, done: int, code: str = "", retry: timedelta = RETRY) -> bool:
    """Write down how a run ended, and count it; False where another run has taken its place."""
    if not services.finish(held, outcome, done=done, code=code, retry=retry):
        logger.warning("a run of a job has lost its place", extra={"job": held.name, "fence": held.fence})
        return False
    RUNS.add(job=held.name, outcome=outcome.value)
    if outcome in {Job.Outcome.FAILED, Job.Outcome.OVERRAN}:
        FAILURES.add(job=held.name, code=code or outcome.value)
        logger.warning("a job did not succeed", extra={"job": held.name, "outcome": outcome.value, "code": code})
    return True


def _done(job: Periodic, turn: Turn) -> tuple[Job.Outcome, str]:
    try:
        turn.proceed()
        job.work(turn)
    except TurnOver as over:
        return _AFTER[over.ending], ""
    except ImError as error:
        return Job.Outcome.FAILED, error.code
    except Exception:
        logger.exception("the job %s failed", job.name)
        return Job.Outcome.FAILED, INTERNAL
    return Job.Outcome.DONE, ""
