"""Last uses are written behind, in bounded batches, and never stand in anybody's way."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.accounts.policies import Arrival, Principal
from apps.accounts.services import sightings as module
from apps.accounts.services.sightings import Sightings
from apps.accounts.services.sign_in_statements import Seen
from apps.common.errors import Unavailable
from apps.wire.ids import TenantId, UserId

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHO = Principal(TenantId(UUID(int=1)), UserId(UUID(int=2)), "", 1)


def seen(number: int, *, at: datetime = NOW) -> Seen:
    return Arrival("digest", UUID(int=number), "web", ""), WHO, at


class Written:
    """The other end; fails while `error` is set."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.times: list[datetime] = []
        self.error: Exception | None = None
        self.wrote = asyncio.Event()
        self.hangs = False

    async def __call__(self, batch: Sequence[Seen]) -> None:
        self.batches.append([arrival.terminal_id.int for arrival, _, _ in batch])
        self.times.extend(at for _, _, at in batch)
        self.wrote.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


async def test_they_are_written_without_anybody_waiting() -> None:
    written = Written()
    sightings = Sightings(written, interval_s=0)

    sightings.note(seen(1))
    sightings.note(seen(2))
    await written.wrote.wait()

    assert written.batches == [[1, 2]]


async def test_writing_begins_again_after_a_pause() -> None:
    written = Written()
    sightings = Sightings(written, interval_s=0)

    for number in (1, 2):
        written.wrote.clear()
        sightings.note(seen(number))
        await written.wrote.wait()
        await asyncio.sleep(0)

    assert written.batches == [[1], [2]]


async def test_a_later_one_of_the_same_terminal_replaces_it() -> None:
    written = Written()
    sightings = Sightings(written)
    later = NOW + timedelta(seconds=1)

    sightings.note(seen(1))
    sightings.note(seen(1, at=later))
    await sightings.close()

    assert (written.batches, written.times) == ([[1]], [later])


async def test_a_statement_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS_PER_STATEMENT", 2)
    written = Written()
    sightings = Sightings(written)

    for number in range(5):
        sightings.note(seen(number))
    await sightings.close()

    assert written.batches == [[0, 1], [2, 3], [4]]


async def test_at_the_bound_further_terminals_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 2)
    written = Written()
    sightings = Sightings(written)
    later = NOW + timedelta(seconds=1)

    for number in (1, 2, 3):
        sightings.note(seen(number))
    sightings.note(seen(2, at=later))
    await sightings.close()

    assert (written.batches, written.times) == ([[1, 2]], [NOW, later])


@pytest.mark.parametrize(("error", "level"), [(Unavailable(), logging.INFO), (ZeroDivisionError(), logging.ERROR)])
async def test_what_can_not_be_written_is_dropped_and_logged(
    error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    written = Written()
    written.error = error
    sightings = Sightings(written, interval_s=0)

    with caplog.at_level(logging.INFO, logger=module.__name__):
        sightings.note(seen(1))
        await sightings.close()

    assert written.batches == [[1]]
    assert [record.levelno for record in caplog.records] == [level]


async def test_closing_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_WITHIN_S", 0.01)
    written = Written()
    written.hangs = True
    sightings = Sightings(written)
    sightings.note(seen(1))

    await sightings.close()

    assert written.batches == [[1]]


async def test_closing_with_nothing_to_write_writes_nothing() -> None:
    written = Written()

    await Sightings(written).close()

    assert written.batches == []
