"""What `manage.py check --deploy` says about the second wall between tenants."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's own name for it
from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

from apps.common.wall.base import DatabaseWrapper


def check_wall(*, app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Warn where the database does not keep tenants apart: `tenants.W001`; `tenants.W002` where that can't be told."""
    del app_configs  # the wall is around all tables or none
    try:
        stands = _stands()
    except (DatabaseError, psycopg.Error) as error:
        text = _("Whether the database keeps tenants apart can't be looked up: %(reason)s") % {"reason": error}
        return [Warning(text, id="tenants.W002")]
    if stands:
        return []
    return [
        Warning(
            _("PostgreSQL does not keep tenants apart: there is no second wall, the program keeps them apart alone."),
            hint=_(
                "Grant CREATEROLE to the user of DATABASE_URL and run `manage.py migrate` once more; "
                "see docs/operation.md."
            ),
            id="tenants.W001",
        )
    ]


def _stands() -> bool:
    """Tell whether there is a wall. A database of another engine than ours has none."""
    wrapper = connections["default"]
    return isinstance(wrapper, DatabaseWrapper) and wrapper.wall_stands()
