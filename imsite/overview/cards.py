"""What the first page is made of: figures, notices, links, and the questions whose answers they tell. No queries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Aggregate, Count, QuerySet
from django.urls import reverse
from django.utils.formats import number_format

from apps.access.units import Unit

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NAMED: Final = 5
"""Places and tenants named; of the rest it is said that there are more."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One card."""

    label: str
    value: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at, and where. `is_urgent`: something is wrong; otherwise it only waits."""

    text: str
    url: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A place that one administers, or a job of every day."""

    text: str
    url: str
    icon: str = ""


Card = Figure | Notice
Tell = Callable[[int], Card | None]


def _number_of_rows() -> Aggregate:
    return Count("pk")


@dataclass(frozen=True, slots=True)
class Question:
    """How many of some rows lie where somebody has a unit, and what is told of the answer. Without the unit: nothing.

    `total`: what is asked instead of their number. `is_within`: the rows are bound to her scopes already.
    """

    unit: Unit
    rows: QuerySet[Any]
    tell: Tell
    total: Aggregate = field(default_factory=_number_of_rows)
    is_within: bool = False


def figure(label: str, icon: str, url: str) -> Tell:
    """Return what makes a card of a number, also of none."""
    return lambda count: Figure(label, formatted(count), icon, url)


def notice(text: "StrPromise", url: str, *, is_urgent: bool = False) -> Tell:
    """Return what makes a notice of a number, of none no notice. `text`: with plural forms by `count`."""
    return lambda count: Notice(str(text % {"count": count}), url, is_urgent) if count else None


def list_page(name: str, **chosen: str) -> str:
    """Return the address of a list of the admin, with filters."""
    return reverse(f"admin:{name}_changelist", query=chosen or None)


def formatted(value: int) -> str:
    """Return a number as it is written in the active language."""
    return number_format(value, use_l10n=True, force_grouping=True)


def listed(names: list[str]) -> str:
    """Return the first names, and whether there are more."""
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
