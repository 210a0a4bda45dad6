"""Asking the database for all numbers of a page at once: one query, a part of it per question."""

from collections.abc import Sequence
from typing import Any

from django.db.models import IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from apps.access.admin import has_unit, within
from imsite.overview.cards import Card, Question


def answer(request: HttpRequest, sections: Sequence[Sequence[Question]]) -> list[list[Card]]:
    """Return what there is to tell of each section's questions, in their order. One query, none without questions."""
    asked = [(place, each) for place, section in enumerate(sections) for each in section]
    allowed = [(place, each) for place, each in asked if has_unit(request, each.unit)]
    totals = _totals([_bound(request, question) for _place, question in allowed])
    told: list[list[Card]] = [[] for _section in sections]
    for (place, question), total in zip(allowed, totals, strict=True):
        card = question.tell(total)
        if card is not None:
            told[place].append(card)
    return told


def _bound(request: HttpRequest, question: Question) -> QuerySet[Any]:
    rows = question.rows if question.is_within else within(request, question.rows, question.unit)
    number = Coalesce(question.total, 0, output_field=IntegerField())
    # By a constant: all rows are one group, and where there are none, no part of the answer.
    bound: QuerySet[Any] = rows.order_by().annotate(question=Value(0)).values("question").annotate(number=number)
    return bound


def _totals(parts: list[QuerySet[Any]]) -> list[int]:
    """Return one number per part; the union names each by its place."""
    if not parts:
        return []
    numbered = [part.annotate(part=Value(at)).values_list("part", "number") for at, part in enumerate(parts)]
    found: dict[int, int] = dict(numbered[0].union(*numbered[1:], all=True))
    return [found.get(at, 0) for at in range(len(parts))]
