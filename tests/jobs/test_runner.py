"""A node's part: what it begins, keeps, ends and leaves to others."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event

import pytest

from apps.jobs import runner as module
from apps.jobs import services
from apps.jobs.errors import JobBusy
from apps.jobs.models import Job
from apps.jobs.registry import Periodic, Registry
from apps.jobs.runner import Runner, Tempo, owns
from apps.jobs.turns import Turn
from tests.clock import Clock
from tests.jobs.conftest import HOLD, job_of, make_due, make_silent

pytestmark = pytest.mark.usefixtures("committed")
WAIT_S = 60.0
Outcome = Job.Outcome
Make = Callable[..., Runner]


class Work:
    """Work that says when it begins, and goes on until it is let go or has to end."""

    def __init__(self) -> None:
        self.begun, self.gate = Event(), Event()
        self.runs = 0

    def __call__(self, turn: Turn) -> None:
        self.runs += 1
        self.begun.set()
        while not self.gate.is_set():
            turn.pause(0.005)
        turn.did(1)


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.gate.set()


@pytest.fixture
def make(jobs: Registry, committed: None) -> Iterator[Make]:
    """Runners of one registry, which are stopped afterwards."""
    made = []

    def one(name: str = "n1", **options: object) -> Runner:
        runner = Runner(name, Tempo(retry_s=0), **{"jobs": jobs, "owns": lambda _: True, **options})  # type: ignore[arg-type]
        made.append(runner)
        return runner

    yield one
    for each in made:
        each.stop(WAIT_S)


def registered(jobs: Registry, *due: Periodic) -> None:
    """Have jobs whose time has come."""
    for job in due:
        jobs.register(job)
    services.prepare(jobs)
    for job in due:
        make_due(job.name)


def outcome_of(name: str = "tests.nothing") -> str:
    return Job.objects.get(pk=name).outcome


def test_the_first_look_gives_every_job_its_row(make: Make, jobs: Registry) -> None:
    jobs.register(job_of())

    make().look()

    assert [row.name for row in Job.objects.all()] == ["tests.nothing"]


def test_what_is_due_runs_in_a_thread_of_its_own(make: Make, jobs: Registry, work: Work) -> None:
    registered(jobs, job_of(work))
    runner = make()

    runner.look()

    assert work.begun.wait(WAIT_S)
    assert outcome_of() == Outcome.RUNNING
    work.gate.set()
    assert runner._lanes.wait_all(WAIT_S)
    row = Job.objects.get()
    assert (row.outcome, row.done, row.node, row.fence) == (Outcome.DONE, 1, "n1", 1)


def test_jobs_that_are_due_together_begin_one_after_the_other(make: Make, jobs: Registry, work: Work) -> None:
    registered(jobs, job_of(work, name="a.one"), job_of(work, name="b.two"))
    runner = make()

    runner.look()

    assert sorted([outcome_of("a.one"), outcome_of("b.two")]) == ["", "running"]
    runner.look()
    assert [outcome_of("a.one"), outcome_of("b.two")] == ["running", "running"]


def test_no_more_than_the_bound_run_side_by_side(
    make: Make, jobs: Registry, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RUNNING", 1)
    registered(jobs, job_of(work, name="a.one"), job_of(work, name="b.two"))
    runner = make()

    for _ in range(3):
        runner.look()

    assert sorted([outcome_of("a.one"), outcome_of("b.two")]) == ["", "running"]


def test_rows_of_another_version_are_left_alone(make: Make, jobs: Registry) -> None:
    services.prepare([job_of(name="later.version")])
    make_due("later.version")

    make().look()

    assert outcome_of("later.version") == ""


def test_who_does_not_own_the_slot_waits_and_then_stands_in(make: Make, jobs: Registry, work: Work) -> None:
    registered(jobs, job_of(work))
    runner = make(owns=lambda _: False)

    runner.look()
    assert outcome_of() == ""

    make_due("tests.nothing", ago=timedelta(minutes=1))
    runner.look()
    assert outcome_of() == Outcome.RUNNING


def test_two_nodes_that_both_believe_to_be_the_owner_run_it_once(make: Make, jobs: Registry, work: Work) -> None:
    registered(jobs, job_of(work))
    nodes = [make(name) for name in ("n1", "n2", "n3", "n4")]

    looks = [threading.Thread(target=node._look_and_let_go) for node in nodes]
    for look in looks:
        look.start()
    for look in looks:
        look.join(WAIT_S)

    assert work.begun.wait(WAIT_S)
    assert (work.runs, Job.objects.get().fence) == (1, 1)


def test_a_run_is_heard_of_with_how_far_it_is(make: Make, jobs: Registry, clock: Clock, work: Work) -> None:
    registered(jobs, job_of(work))
    runner = make(clock=clock)
    runner.look()
    before = Job.objects.get().held_until
    assert before is not None

    runner.look()
    assert Job.objects.get().held_until == before
    clock.now += Tempo().hold_s / module.BEATS_PER_HOLD
    runner.look()

    after = Job.objects.get().held_until
    assert after is not None
    assert after > before


def test_a_run_beyond_its_limit_is_reported_and_not_begun_again_beside_itself(
    make: Make, jobs: Registry, clock: Clock, work: Work
) -> None:
    stuck = Event()
    registered(jobs, job_of(lambda turn: stuck.wait(WAIT_S)))
    runner = make(clock=clock)
    runner.look()

    clock.now += 60
    runner.look()

    assert (outcome_of(), Job.objects.get().failures) == (Outcome.OVERRAN, 1)
    runner.look()  # it is due again at once, and its thread is still at it
    assert (outcome_of(), Job.objects.get().fence) == (Outcome.OVERRAN, 1)
    stuck.set()
    assert runner._lanes.wait_all(WAIT_S)
    runner.look()
    assert Job.objects.get().fence == 2


def test_a_run_that_asks_ends_at_its_limit(make: Make, jobs: Registry, clock: Clock, work: Work) -> None:
    registered(jobs, job_of(work))
    runner = make(clock=clock)
    runner.look()

    clock.now += 60
    runner._watch()

    assert runner._lanes.wait_all(WAIT_S)
    assert outcome_of() == Outcome.OVERRAN


def test_a_run_that_another_node_took_over_ends_and_overwrites_nothing(
    make: Make, jobs: Registry, clock: Clock, work: Work
) -> None:
    registered(jobs, job_of(work))
    first = make(clock=clock)
    first.look()
    assert work.begun.wait(WAIT_S)
    make_silent("tests.nothing")

    make("n2", jobs=Registry()).look()  # it has no such job, and gives up what is silent all the same
    clock.now += HOLD.total_seconds() / 2
    first._watch()

    assert first._lanes.wait_all(WAIT_S)
    assert (outcome_of(), Job.objects.get().fence) == (Outcome.LOST, 2)


def test_stopping_ends_what_runs_and_leaves_it_to_others_at_once(make: Make, jobs: Registry, work: Work) -> None:
    registered(jobs, job_of(work))
    runner = make()
    runner.look()
    assert work.begun.wait(WAIT_S)

    runner.stop(WAIT_S)

    assert outcome_of() == Outcome.INTERRUPTED
    assert [due.name for due in services.find_due()] == ["tests.nothing"]
    runner.look()
    assert outcome_of() == Outcome.INTERRUPTED


def test_stopping_does_not_wait_forever(make: Make, jobs: Registry) -> None:
    stuck = Event()
    registered(jobs, job_of(lambda turn: stuck.wait(WAIT_S)))
    runner = make()
    runner.look()

    runner.stop(0.01)

    assert outcome_of() == Outcome.RUNNING  # somebody takes it over when it has been silent for long enough
    stuck.set()


def test_without_a_thread_to_be_had_the_job_is_left_to_others(
    make: Make, jobs: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> bool:
        raise RuntimeError("can't start new thread")

    registered(jobs, job_of())
    runner = make()
    monkeypatch.setattr(runner._lanes, "start", refuse)

    with pytest.raises(RuntimeError):
        runner.look()

    assert outcome_of() == Outcome.INTERRUPTED
    assert runner._known() == []


def test_it_looks_by_itself_once_started(jobs: Registry) -> None:
    begun = Event()
    registered(jobs, job_of(lambda turn: begun.set()))
    runner = Runner("n1", Tempo(look_s=0.01), jobs=jobs)

    runner.start()

    assert begun.wait(WAIT_S)
    runner.stop(WAIT_S)
    assert outcome_of() == Outcome.DONE


class TestRunningHere:
    def test_a_job_that_is_not_due_runs_where_it_is_asked_for(self, make: Make) -> None:
        row = make("command").run_here(job_of(lambda turn: turn.did(4)))

        assert (row.outcome, row.done, row.node) == (Outcome.DONE, 4, "command")

    def test_what_is_under_way_is_refused(self, make: Make, jobs: Registry, work: Work) -> None:
        registered(jobs, job_of(work))
        make().look()

        with pytest.raises(JobBusy):
            make("command").run_here(job_of(work))

    def test_when_it_is_cut_off_others_need_not_wait(self, make: Make) -> None:
        def interrupt(turn: Turn) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            make("command").run_here(job_of(interrupt))

        assert outcome_of() == Outcome.INTERRUPTED

    def test_it_is_heard_of_meanwhile(self, jobs: Registry) -> None:
        runner = Runner("command", Tempo(hold_s=0.02), jobs=jobs)

        def outlast(turn: Turn) -> None:
            begun = Job.objects.get().held_until
            while not Job.objects.filter(held_until__gt=begun).exists():
                turn.pause(0.005)

        assert runner.run_here(job_of(outlast)).outcome == Outcome.DONE


def test_a_process_without_a_cluster_owns_everything() -> None:
    assert owns("tests.nothing")


def test_in_a_cluster_the_slot_of_the_name_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    class One:
        node = 1

        def owner_of(self, key: str) -> int:
            return {"job.a.one": 1}.get(key, 2)

    monkeypatch.setattr(module, "current", One)

    assert owns("a.one")
    assert not owns("b.two")


def test_a_tempo_has_no_other_knobs() -> None:
    assert Tempo.of({"look_s": 1}).look_s == 1
    with pytest.raises(TypeError):
        Tempo.of({"looks": 1})
