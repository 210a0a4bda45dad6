"""Conditions on columns that hold paths such as scopes have: `a:1/b:2`. "" is the path around everything."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Q

NOTHING: Final = Q(pk__in=())
"""The condition that no row meets."""


def below_paths(paths: Iterable[str], *, field: str) -> Q:
    """Return the condition that the column's path is one of `paths` or continues one. None of them: no row."""
    found = NOTHING
    for path in paths:
        if not path:
            return Q()
        found |= Q(**{field: path}) | Q(**{f"{field}__startswith": f"{path}/"})
    return found
