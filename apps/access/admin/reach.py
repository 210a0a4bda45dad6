"""What somebody at the admin reaches: her powers, read once per request, and the rows they cover.

Everything the admin shows goes through `within`: what lies outside one's scopes is not in any list, count, search,
choice, history or export. Not here: what the powers are made of, and how an app's rows find their scopes.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.access.locators import locator_of
from apps.access.policies import NONE, Powers
from apps.access.scopes import Scope
from apps.access.selectors import powers_of
from apps.access.units import Unit

M = TypeVar("M", bound=Model)

_KEPT = "_im_powers"


def powers_at(request: HttpRequest) -> Powers:
    """Return what the person behind a request may do. One query, however often a page asks."""
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return NONE
    kept: tuple[object, Powers] | None = getattr(request, _KEPT, None)
    if kept is None or kept[0] != user.pk:
        kept = (user.pk, powers_of(user, now=timezone.now()))
        setattr(request, _KEPT, kept)
    return kept[1]


def may_enter(request: HttpRequest) -> bool:
    """Whether she may open the admin at all: who has any power anywhere, as long as she has it."""
    return powers_at(request).has_any


def has_unit(request: HttpRequest, unit: Unit | None) -> bool:
    """Whether she has a unit anywhere. None stands for something nobody may do."""
    return unit is not None and bool(powers_at(request).scopes(unit))


def within(request: HttpRequest, rows: QuerySet[M], unit: Unit | None) -> QuerySet[M]:
    """Return those of the rows that lie where she has a unit."""
    scopes = () if unit is None else powers_at(request).scopes(unit)
    if not scopes:
        return rows.none()
    return rows.filter(locator_of(rows.model).within(scopes))


def covers(request: HttpRequest, obj: Model, unit: Unit | None, *, whole: bool = False) -> bool:
    """Whether she has a unit where a row lies; with `whole`, at every place where it lies."""
    if unit is None:
        return False
    powers = powers_at(request)
    scopes: tuple[Scope, ...] = locator_of(type(obj)).scopes_of(obj)
    judge = all if whole else any
    return bool(scopes) and judge(powers.may(unit, scope) for scope in scopes)
