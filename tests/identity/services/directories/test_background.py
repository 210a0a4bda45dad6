"""Work that nobody waits for is done by a thread, as whoever asked, and only so much of it at a time."""

import logging
import threading
from contextvars import ContextVar

import pytest

from apps.identity.errors import DirectoriesBusy, DirectoryBusy
from apps.identity.services.directories.background import Background

WITHIN_S = 60.0
asker: ContextVar[str] = ContextVar("asker", default="nobody")


def settled(pool: Background, at_once: int) -> None:
    """Wait until all that was begun is done."""
    for _each in range(at_once):
        assert pool._free.acquire(timeout=WITHIN_S)


def test_it_is_done_elsewhere_as_whoever_asked() -> None:
    pool, heard = Background(1), list[tuple[str, bool]]()
    asker.set("boss")
    here = threading.get_ident()

    pool.begin(lambda: lambda: heard.append((asker.get(), threading.get_ident() == here)))

    settled(pool, 1)
    assert heard == [("boss", False)]


def test_beyond_the_bound_it_is_refused_before_anything_is_prepared() -> None:
    pool, go_on = Background(1), threading.Event()
    pool.begin(lambda: lambda: go_on.wait(WITHIN_S))

    with pytest.raises(DirectoriesBusy):
        pool.begin(lambda: pytest.fail("prepared"))

    go_on.set()
    settled(pool, 1)


def test_what_could_not_be_prepared_takes_no_place() -> None:
    pool = Background(1)

    def prepare() -> None:
        raise DirectoryBusy

    for _each in range(2):
        with pytest.raises(DirectoryBusy):
            pool.begin(prepare)  # type: ignore[arg-type]  # never returns

    settled(pool, 1)


@pytest.mark.parametrize(("error", "level"), [(DirectoryBusy(), "WARNING"), (ZeroDivisionError(), "ERROR")])
def test_what_goes_wrong_is_in_the_log_and_takes_no_place(
    caplog: pytest.LogCaptureFixture, error: Exception, level: str
) -> None:
    pool = Background(1)

    def work() -> None:
        raise error

    with caplog.at_level(logging.WARNING):
        pool.begin(lambda: work)
        settled(pool, 1)

    assert [record.levelname for record in caplog.records] == [level]
