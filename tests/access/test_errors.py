"""The catalogue of powers' refusals."""

import pytest

from apps.access import errors
from apps.common.errors import ImError


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.NotPermitted(unit="a.b.c", scope=""), "not_permitted", 403),
        (errors.EndsTooLate(unit="a.b.c", end="2026-01-01"), "ends_too_late", 403),
        (errors.PersonNotFound(user="42"), "user_not_found", 404),
        (errors.ScopeNotFound(scope="t:1"), "scope_not_found", 404),
        (errors.RoleNotFound(role="emperor"), "role_not_found", 404),
        (errors.RoleMisplaced(role="auditor"), "role_misplaced", 400),
        (errors.RoleInUse(role="helpdesk", count=3), "role_in_use", 409),
        (errors.RoleKeyTaken(key="helpdesk"), "role_key_taken", 409),
        (errors.RolesFull(limit=200), "roles_full", 409),
        (errors.GrantNotFound(grant="1"), "grant_not_found", 404),
        (errors.GrantsFull(limit=500), "grants_full", 409),
        (errors.ForeignScope(), "foreign_scope", 400),
        (errors.LastSystemAdmin(), "last_system_admin", 409),
    ],
)
def test_codes_and_statuses_are_stable_and_texts_complete(error: ImError, code: str, status: int) -> None:
    assert (error.code, error.status) == (code, status)
    assert error.text
    assert "%(" not in error.text
