"""Grants follow the places they are for. Called by the services that move or delete a place, in their transaction.

The caller holds the row that `places.hold` locks, so nobody grants anything at the place meanwhile. Who may move or
delete the place is decided there; nothing here asks again, and the caller's entry in the audit log tells of it.
"""

from django.db.models import CharField, Value
from django.db.models.functions import Concat, Substr

from apps.access.models import Grant
from apps.access.scopes import Scope
from apps.access.selectors import below


def move_scopes(old: Scope, new: Scope) -> int:
    """Let every grant at or below `old` hold at the same place below `new`; return how many. One query.

    Grants of the system's people move along, so this looks beyond one tenant's. Raises ValueError for the system.
    """
    if not old.path or not new.path:
        raise ValueError("the system itself doesn't move")
    moved = Concat(Value(new.path), Substr("scope", len(old.path) + 1), output_field=CharField())
    return Grant.unscoped.filter(below((old,))).update(scope=moved)


def drop_scopes(scope: Scope) -> int:
    """Revoke every grant at or below a place that is no more; return how many. Raises ValueError for the system."""
    if not scope.path:
        raise ValueError("the system itself stays")
    return Grant.unscoped.filter(below((scope,))).delete()[0]
