"""Claims, fences and due times, on the real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.db import connection, connections
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.jobs import services
from apps.jobs.errors import JobBusy, JobUnknown
from apps.jobs.models import Job
from apps.jobs.registry import JOBS, Periodic
from apps.jobs.services import Claim
from tests.jobs.conftest import HOLD, job_of, make_due, make_silent

Begin = Callable[[Periodic], Claim]
Outcome = Job.Outcome


def row_of(job: Periodic) -> Job:
    return Job.objects.get(pk=job.name)


class TestPreparing:
    def test_every_job_gets_a_row_that_is_due_soon_by_the_databases_clock(self, db: None) -> None:
        services.prepare([job_of(name="a.one"), job_of(name="b.two")], luck=lambda: 0.5)

        with connection.cursor() as cursor:
            cursor.execute("SELECT name, extract(epoch FROM due_at - now())::int FROM jobs_job ORDER BY name")
            assert cursor.fetchall() == [("a.one", 150), ("b.two", 150)]

    def test_rows_that_are_there_stay_as_they_are(self, due: Periodic, begin: Begin) -> None:
        begin(due)
        before = Job.objects.values().get()

        services.prepare([due])

        assert Job.objects.values().get() == before


class TestFinding:
    def test_what_is_due_is_found_the_latest_first(
        self, db: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        services.prepare([job_of(name="a.one"), job_of(name="b.two"), job_of(name="c.three")], luck=lambda: 0.5)
        make_due("a.one", ago=timedelta(seconds=5))
        make_due("b.two", ago=timedelta(minutes=5))

        with django_assert_num_queries(1):
            found = services.find_due()

        assert [each.name for each in found] == ["b.two", "a.one"]
        assert found[0].late >= timedelta(minutes=5)

    def test_what_is_under_way_is_not_due(self, due: Periodic, begin: Begin) -> None:
        begin(due)
        make_after_last_run(due)

        assert services.find_due() == []


def make_after_last_run(job: Periodic) -> None:
    """Let a job be due again that has just begun."""
    row = row_of(job)
    assert row.ran_due_at is not None
    Job.objects.filter(pk=row.pk).update(due_at=row.ran_due_at + timedelta(microseconds=1))


class TestClaiming:
    def test_a_claim_moves_the_due_time_on_and_counts_the_fence(self, due: Periodic) -> None:
        before = row_of(due)

        held = services.claim(due, node="n1", hold=HOLD, luck=lambda: 0.5)

        row = row_of(due)
        assert held == Claim(due.name, before.fence + 1, before.due_at, row.started_at)  # type: ignore[arg-type]
        assert (row.outcome, row.node, row.ran_due_at) == (Outcome.RUNNING, "n1", before.due_at)
        assert row.started_at is not None
        assert (row.due_at - row.started_at, row.held_until) == (due.every, row.started_at + HOLD)

    def test_what_is_not_due_is_nobodys(self, db: None) -> None:
        job = job_of()
        services.prepare([job], luck=lambda: 0.5)

        assert services.claim(job, node="n1", hold=HOLD) is None

    def test_what_was_asked_for_need_not_be_due(self, db: None) -> None:
        job = job_of()
        services.prepare([job], luck=lambda: 0.5)

        assert services.claim(job, node="n1", hold=HOLD, is_asked=True) is not None

    def test_what_is_under_way_is_not_claimed_even_if_asked_for(self, due: Periodic, begin: Begin) -> None:
        begin(due)
        make_after_last_run(due)

        assert services.claim(due, node="n2", hold=HOLD, is_asked=True) is None

    def test_a_due_time_that_was_run_already_is_refused(self, due: Periodic, begin: Begin) -> None:
        held = begin(due)
        services.finish(held, Outcome.DONE, done=0)
        with connection.cursor() as cursor:  # a clock that was set back by an hour
            cursor.execute("UPDATE jobs_job SET ran_due_at = now() + '1 hour', due_at = now() + '2 hours'")

        assert services.claim(due, node="n2", hold=HOLD, is_asked=True) is None

    def test_a_job_without_a_row_is_nobodys(self, db: None) -> None:
        assert services.claim(job_of(), node="n1", hold=HOLD, is_asked=True) is None


class TestEnding:
    def test_a_run_that_succeeded_leaves_the_next_due_time(self, due: Periodic, begin: Begin) -> None:
        held = begin(due)
        due_at = row_of(due).due_at

        assert services.finish(held, Outcome.DONE, done=7)

        row = row_of(due)
        assert (row.outcome, row.done, row.failures, row.held_until, row.due_at) == (Outcome.DONE, 7, 0, None, due_at)
        assert row.finished_at is not None

    def test_failures_are_tried_again_soon_and_then_later(self, due: Periodic, begin: Begin) -> None:
        delays = []
        for _ in range(3):
            services.finish(begin(due), Outcome.FAILED, done=0, code="unavailable", retry=timedelta(seconds=60))
            row = row_of(due)
            assert row.finished_at is not None
            delays.append((row.due_at - row.finished_at).total_seconds())

        assert delays == [60, 120, 240]
        assert (row.failures, row.code) == (3, "unavailable")

    def test_a_success_ends_the_row_of_failures(self, due: Periodic, begin: Begin) -> None:
        services.finish(begin(due), Outcome.FAILED, done=0, code="x")

        services.finish(begin(due), Outcome.DONE, done=0)

        assert (row_of(due).failures, row_of(due).code) == (0, "")

    def test_what_a_stopping_node_interrupted_is_due_at_once(self, due: Periodic, begin: Begin) -> None:
        services.finish(begin(due), Outcome.INTERRUPTED, done=2)

        assert [each.name for each in services.find_due()] == [due.name]
        assert row_of(due).failures == 0

    def test_a_run_ends_once(self, due: Periodic, begin: Begin) -> None:
        held = begin(due)
        services.finish(held, Outcome.DONE, done=1)

        assert not services.finish(held, Outcome.FAILED, done=2)
        assert (row_of(due).outcome, row_of(due).done) == (Outcome.DONE, 1)


class TestSilence:
    def test_who_is_heard_of_keeps_the_job(self, due: Periodic, begin: Begin) -> None:
        held = begin(due)
        make_silent(due.name)

        assert services.renew(held, done=3, hold=HOLD)
        assert services.give_up_silent() == []
        assert row_of(due).done == 3

    def test_who_is_silent_loses_it_and_it_is_due_again_at_another_time(self, due: Periodic, begin: Begin) -> None:
        held = begin(due)
        make_silent(due.name)

        assert services.give_up_silent(retry=timedelta()) == [due.name]

        row = row_of(due)
        assert (row.outcome, row.failures, row.fence) == (Outcome.LOST, 1, held.fence + 1)
        assert row.due_at > held.due_at
        assert [each.name for each in services.find_due()] == [due.name]

    def test_a_run_that_was_given_up_can_write_nothing_any_more(self, due: Periodic, begin: Begin) -> None:
        old = begin(due)
        make_silent(due.name)
        services.give_up_silent()
        successor = begin(due)

        assert not services.renew(old, done=99, hold=HOLD)
        assert not services.finish(old, Outcome.FAILED, done=99, code="late")
        assert services.finish(successor, Outcome.DONE, done=1)
        assert (row_of(due).outcome, row_of(due).done, row_of(due).code) == (Outcome.DONE, 1, "")


class TestAskingFor:
    def test_it_is_due_now_and_who_asked_is_in_the_audit_log(self, alice: User) -> None:
        job = next(iter(JOBS))
        services.prepare([job], luck=lambda: 0.5)

        services.ask_for(alice, name=job.name)

        assert [each.name for each in services.find_due()] == [job.name]
        entry = Entry.objects.for_tenant(alice.tenant_id).get()
        assert (entry.action, entry.actor_id, entry.target_id) == ("jobs.job.asked", alice.id, job.name)

    def test_what_has_just_begun_is_not_asked_for_again(self, alice: User) -> None:
        job = next(iter(JOBS))
        services.prepare([job])
        services.claim(job, node="n1", hold=HOLD, is_asked=True)

        with pytest.raises(JobBusy):
            services.ask_for(alice, name=job.name)

    def test_what_nobody_has_is_refused(self, due: Periodic) -> None:
        nobody = SimpleNamespace(id=None, tenant_id=None, login="")

        for name in (due.name, "no.job"):  # a row of another version of the program, and none
            with pytest.raises(JobUnknown):
                services.ask_for(nobody, name=name)


@pytest.mark.usefixtures("committed")
def test_of_many_who_claim_at_once_one_gets_it() -> None:
    job, many = job_of(), 8
    services.prepare([job])
    gate = Barrier(many)

    def claim(number: int) -> Claim | None:
        try:
            gate.wait(60)
            return services.claim(job, node=f"n{number}", hold=HOLD, is_asked=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as pool:
        found = [held for held in pool.map(claim, range(many)) if held is not None]

    assert [held.fence for held in found] == [1]
    assert row_of(job).fence == 1


@pytest.mark.usefixtures("committed")
def test_of_one_who_finishes_and_one_who_takes_over_at_once_one_wins() -> None:
    job = job_of()
    services.prepare([job])
    for _ in range(10):
        held = services.claim(job, node="n1", hold=timedelta(), is_asked=True)
        assert held is not None
        gate = Barrier(2)

        with ThreadPoolExecutor(2) as pool:
            finished = pool.submit(_after, gate, lambda: services.finish(held, Outcome.DONE, done=5))  # noqa: B023
            taken = pool.submit(_after, gate, lambda: services.give_up_silent(retry=timedelta()) == [job.name])
            answers = (finished.result(), taken.result())

        assert answers in {(True, False), (False, True)}
        assert row_of(job).outcome == (Outcome.DONE if answers[0] else Outcome.LOST)


def _after(gate: Barrier, act: Callable[[], bool]) -> bool:
    try:
        gate.wait(60)
        return act()
    finally:
        connections.close_all()
