"""Grants go along with their places, and away with them."""

from uuid import UUID

import pytest

from apps.access.models import Grant
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Scope
from apps.access.services import drop_scopes, move_scopes
from apps.accounts.models import User
from tests.access.conftest import Give


def places() -> set[tuple[str, str]]:
    return {(grant.role, grant.scope) for grant in Grant.unscoped.all()}


class TestMoveScopes:
    def test_takes_along_all_at_and_below_and_nothing_else(
        self, alice: User, root: User, whole: Scope, org: Scope, give: Give
    ) -> None:
        Grant.unscoped.filter(user_id=root.id).delete()
        old, beside = org.department(UUID(int=1)), org.department(UUID(int=0x11))
        new = beside.department(UUID(int=1))
        give(alice, AUDITOR, old)
        give(alice, DEPARTMENT_ADMIN, old.department(UUID(int=5)))
        give(root, TENANT_ADMIN, old)
        give(alice, AUDITOR, beside)
        give(alice, AUDITOR, org)

        moved = move_scopes(old, new)

        assert moved == 3
        assert places() == {
            (AUDITOR, new.path),
            (DEPARTMENT_ADMIN, new.department(UUID(int=5)).path),
            (TENANT_ADMIN, new.path),
            (AUDITOR, beside.path),
            (AUDITOR, org.path),
        }

    def test_the_system_does_not_move(self, whole: Scope) -> None:
        for old, new in ((SYSTEM, whole), (whole, SYSTEM)):
            with pytest.raises(ValueError, match="system"):
                move_scopes(old, new)


class TestDropScopes:
    def test_revokes_all_at_and_below_and_nothing_else(self, alice: User, org: Scope, whole: Scope, give: Give) -> None:
        for scope in (whole, org, org.department(UUID(int=1))):
            give(alice, AUDITOR, scope)

        dropped = drop_scopes(org)

        assert dropped == 2
        assert places() == {(AUDITOR, whole.path)}

    @pytest.mark.django_db
    def test_the_system_stays(self) -> None:
        with pytest.raises(ValueError, match="system"):
            drop_scopes(SYSTEM)
