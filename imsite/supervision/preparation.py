"""Bring the database to the code's schema and make the demo accounts, inside the supervisor's process."""

import django
from django.core.management import call_command
from django.db import DatabaseError

from imsite.env import Environment
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.readiness import await_database, disconnect, lacks_migrations

DATABASE_TIMEOUT_S = 5.0


def prepare_database(environment: Environment, *, demo: bool) -> list[tuple[str, str]]:
    """Apply what migrations are missing; return the demo logins and passwords, or nothing without `demo`.

    Closes its connections, so the supervisor holds none. Raises OperatorError when the database refuses.
    """
    await_database(environment.database, DATABASE_TIMEOUT_S)
    django.setup()
    try:
        if lacks_migrations():
            call_command("migrate", interactive=False, verbosity=0)
        _ensure_applications()
        _make_findable()
        return _demo_accounts(environment) if demo else []
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[-1]
        raise OperatorError(phrase("the database refuses: {reason}", reason=reason)) from error
    finally:
        disconnect()


def _ensure_applications() -> None:
    from apps.accounts.services import ensure_applications

    ensure_applications()


def _make_findable() -> None:
    """People whom an older release made are not found by their names until this ran once."""
    from apps.accounts.services.naming import make_all_findable

    make_all_findable()


def _demo_accounts(environment: Environment) -> list[tuple[str, str]]:
    from imsite.demo import ensure_demo

    return ensure_demo(environment.data_dir / "demo-accounts.json")
