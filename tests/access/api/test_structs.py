"""How powers travel."""

from uuid import UUID

from django.test import RequestFactory
from rest_framework.request import Request

from apps.access.api.structs import actor_of, moment, view_of_grant, view_of_role
from apps.access.models import Grant, Role
from apps.access.roles import AUDITOR
from apps.access.scopes import Scope
from apps.accounts.models import User
from apps.common.clock import to_ms
from tests.access.conftest import NOW, Give


def test_the_actor_is_the_user_behind_the_request(alice: User) -> None:
    request = Request(RequestFactory().get("/"))
    request.user = alice

    assert actor_of(request) is alice


def test_times_travel_as_ms() -> None:
    assert moment(to_ms(NOW)) == NOW
    assert moment(None) is None


def test_a_grant_names_its_role_by_key_and_by_name(boss: User, give: Give, whole: Scope) -> None:
    role = Role(tenant_id=boss.tenant_id, key="hr", name="Human resources", units=["audit.entries.view"])
    custom = Grant(tenant_id=boss.tenant_id, user_id=boss.id, role=role.id.hex, custom=role, scope=whole.path)
    custom.created_at = NOW
    builtin = give(boss, AUDITOR, whole, expires_at=NOW)

    assert (view_of_grant(custom).role, view_of_grant(custom).role_name) == ("hr", "Human resources")
    assert (view_of_grant(builtin).role, view_of_grant(builtin).expires_at) == (AUDITOR, to_ms(NOW))


def test_a_role_of_a_tenant_has_an_id_and_a_version() -> None:
    role = Role(id=UUID(int=5), tenant_id=UUID(int=1), key="hr", name="HR", units=["a.b.c"], version=3)

    view = view_of_role(role)

    assert (view.id, view.version, view.is_builtin, view.units) == (UUID(int=5), 3, False, ["a.b.c"])
