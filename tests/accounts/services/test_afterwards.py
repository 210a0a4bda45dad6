"""Jobs after an answer: in order, in the context of whoever asked, and bounded."""

import threading
from contextvars import ContextVar

import pytest

from apps.accounts.services.afterwards import Afterwards

asker: ContextVar[str] = ContextVar("asker", default="nobody")


@pytest.fixture(autouse=True)
def nothing_is_left_for_later() -> None:
    """Here it is, by the real thread."""


def test_jobs_run_in_order_with_the_context_they_were_posted_in() -> None:
    done: list[str] = []
    queue = Afterwards()
    for name in ("alice", "bob"):
        asker.set(name)
        assert queue.post(lambda: done.append(asker.get()))

    queue.settle()

    assert done == ["alice", "bob"]


def test_a_job_that_fails_keeps_nobody_waiting() -> None:
    done = threading.Event()
    queue = Afterwards()
    queue.post(fail)
    queue.post(done.set)

    queue.settle()

    assert done.is_set()


def fail() -> None:
    raise RuntimeError("as a mail server may")


def test_at_the_bound_a_job_is_dropped() -> None:
    begun, release = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        release.wait(60)

    queue = Afterwards(max_waiting=1)
    queue.post(hold)
    assert begun.wait(60)
    assert queue.post(lambda: None)

    assert not queue.post(lambda: None)

    release.set()
    queue.settle()
