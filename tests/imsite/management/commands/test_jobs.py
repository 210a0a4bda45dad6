"""Jobs at the command line."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.common.errors import Unavailable
from apps.jobs import services
from apps.jobs.models import Job
from apps.jobs.registry import JOBS
from apps.jobs.turns import Turn
from tests.jobs.conftest import HOLD, job_of

pytestmark = pytest.mark.django_db
FORGET = "accounts.forget_expired"


def say(*arguments: str) -> str:
    told = StringIO()
    call_command("jobs", *arguments, stdout=told)
    return told.getvalue()


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_all_are_listed_with_their_runs(arguments: tuple[str, ...]) -> None:
    services.prepare()
    Job.objects.filter(pk=FORGET).update(outcome="failed", code="unavailable")

    told = say(*arguments)

    assert [line.partition(" ")[0] for line in told.splitlines()[::3]] == [job.name for job in JOBS]
    assert "last run: -, never ran" in told
    assert "failed (unavailable)" in told
    assert "next run: 20" in told


def test_one_is_done_now() -> None:
    Session.objects.create(session_key="over", expire_date=timezone.now() - timedelta(days=1))

    told = say("run", FORGET)

    assert told == "done, things done: 1\n"
    assert not Session.objects.exists()
    assert Job.objects.get(pk=FORGET).node.endswith(" jobs")


def test_a_failure_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(turn: Turn) -> None:
        raise Unavailable

    monkeypatch.setitem(JOBS._jobs, "tests.broken", job_of(refuse, name="tests.broken"))

    with pytest.raises(CommandError, match="did not succeed"):
        say("run", "tests.broken")

    assert Job.objects.get(pk="tests.broken").code == "unavailable"


def test_what_is_under_way_or_unknown_is_refused() -> None:
    services.prepare()
    services.claim(JOBS.get(FORGET), node="n1", hold=HOLD, is_asked=True)

    with pytest.raises(CommandError, match="is under way"):
        say("run", FORGET)
    with pytest.raises(CommandError, match="no job"):
        say("run", "no.such")
