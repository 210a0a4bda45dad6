"""Many changes in one request: all of them or none, or each by itself with a report."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

import msgspec

from apps.common.errors import FieldValue, ImError
from apps.common.rest.structs import Output
from apps.common.retry import run_in_transaction

T = TypeVar("T")

MAX_ITEMS: Final = 500
"""Of one request; more are refused as a whole."""

Mode = Annotated[
    Literal["all", "each"],
    msgspec.Meta(description="`all`: the first refusal undoes everything; `each`: what can be done is done."),
]


class Outcome(Output, omit_defaults=True):
    """What became of one item. `code`, `detail` and `fields` say why it was refused."""

    index: int
    status: int
    id: UUID | None = None
    code: str = ""
    detail: str = ""
    fields: dict[str, FieldValue] = {}


class BulkReport(Output):
    """What became of each item, in their order."""

    done: int
    refused: int
    items: list[Outcome]


def run_bulk(items: Sequence[T], act: Callable[[T], UUID | None], *, mode: Mode) -> BulkReport:
    """Do `act` for each item; it returns the id of what it made or changed.

    `all`: one transaction; raises the first refusal with its `index` among the fields. `each`: a transaction per item.
    """
    if mode == "all":
        outcomes = run_in_transaction(lambda: [_done(index, item, act) for index, item in enumerate(items)])
    else:
        outcomes = [_tried(index, item, act) for index, item in enumerate(items)]
    refused = sum(1 for outcome in outcomes if outcome.code)
    return BulkReport(done=len(outcomes) - refused, refused=refused, items=outcomes)


def _done(index: int, item: T, act: Callable[[T], UUID | None]) -> Outcome:
    try:
        return Outcome(index=index, status=HTTPStatus.OK, id=act(item))
    except ImError as error:
        error.fields = {**error.fields, "index": index}
        raise


def _tried(index: int, item: T, act: Callable[[T], UUID | None]) -> Outcome:
    try:
        return Outcome(index=index, status=HTTPStatus.OK, id=run_in_transaction(lambda: act(item)))
    except ImError as error:
        return Outcome(index=index, status=error.status, code=error.code, detail=error.text, fields=error.fields)
