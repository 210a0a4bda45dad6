"""Figures beside the rows of a list, as part of the query that reads them."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def counted(rows: QuerySet[Any], by: str) -> Coalesce:
    """Return how many of the rows have the outer row's id in a column, as part of the outer query."""
    per_row = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(per_row), 0, output_field=IntegerField())
