"""Taking away rows that are of no use any more, a batch at a time: no long locks, and an end whenever one is asked."""

from functools import partial
from typing import Any, Final

from django.db.models import QuerySet

from apps.common.retry import run_in_transaction
from apps.jobs.turns import Turn

BATCH_ROWS: Final = 1_000
"""Rows per transaction. What else goes with a row (cascades) is not counted."""


def sweep(turn: Turn, rows: "QuerySet[Any]", *, batch_rows: int = BATCH_ROWS) -> None:
    """Delete all rows of an ordered query, in its order. Raises TurnOver between batches.

    The query is asked again for the rows of each batch: one that has been prolonged meanwhile stays.
    """
    while keys := list(rows.values_list("pk", flat=True)[:batch_rows]):
        turn.did(run_in_transaction(partial(_delete, rows, keys)))


def _delete(rows: "QuerySet[Any]", keys: list[Any]) -> int:
    _all, by_model = rows.filter(pk__in=keys).delete()
    return by_model.get(rows.model._meta.label, 0)
