"""One run: how it ends, and what is written and measured of that."""

from collections.abc import Callable

import pytest

from apps.common.errors import Unavailable
from apps.jobs import services, working
from apps.jobs.measures import RUNNING, RUNS
from apps.jobs.models import Job
from apps.jobs.registry import Periodic, Work
from apps.jobs.services import Claim
from apps.jobs.turns import Ending, Turn
from tests.jobs.conftest import job_of, make_silent

pytestmark = pytest.mark.django_db
Begin = Callable[[Periodic], Claim]
Outcome = Job.Outcome


def refuse(turn: Turn) -> None:
    turn.did(2)
    raise Unavailable


def break_down(turn: Turn) -> None:
    raise ZeroDivisionError


def ended(begin: Begin, work: Work, ending: Ending | None = None) -> tuple[Job.Outcome, Job]:
    job = job_of(work)
    services.prepare([job])
    held = begin(job)
    turn = Turn(held.now)
    if ending is not None:
        turn.end(ending)
    return working.carry_out(job, held, turn), Job.objects.get()


def test_what_was_done_is_written_and_counted(begin: Begin) -> None:
    key = ("tests.nothing", "done")
    before = RUNS.children().get(key)
    counted = before.read() if before is not None else 0

    outcome, row = ended(begin, lambda turn: turn.did(3))

    assert (outcome, row.outcome, row.done, row.code) == (Outcome.DONE, Outcome.DONE, 3, "")
    assert RUNS.children()[key].read() == counted + 1


def test_a_refusal_is_a_failure_with_its_code(begin: Begin) -> None:
    outcome, row = ended(begin, refuse)

    assert (outcome, row.outcome, row.done, row.code) == (Outcome.FAILED, Outcome.FAILED, 2, "unavailable")


def test_a_defect_is_a_failure_whose_traceback_is_in_the_log(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    _outcome, row = ended(begin, break_down)

    assert (row.outcome, row.code) == (Outcome.FAILED, "internal")
    assert "ZeroDivisionError" in caplog.text
    assert RUNNING.read() == 0


def test_a_run_that_has_to_stop_before_it_began_does_nothing(begin: Begin) -> None:
    done: list[Turn] = []

    outcome, row = ended(begin, done.append, Ending.STOPPING)

    assert (outcome, row.outcome, done) == (Outcome.INTERRUPTED, Outcome.INTERRUPTED, [])


def test_a_run_that_was_taken_over_changes_nothing(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    def lose(turn: Turn) -> None:
        make_silent("tests.nothing")
        services.give_up_silent()

    _outcome, row = ended(begin, lose)

    assert row.outcome == Outcome.LOST
    assert "lost its place" in caplog.text
