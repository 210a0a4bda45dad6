"""The forms say what the services would refuse, field by field."""

import pytest

from apps.accounts.admin.forms import AdminPasswordForm, NewUserForm
from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD


def filled(tenant: Tenant, /, **fields: str) -> NewUserForm:
    form = {"tenant": str(tenant.pk), "username": "dora", "password1": PASSWORD, "password2": PASSWORD}
    return NewUserForm({**form, **fields})


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "a b"), ("username", ""), ("email", "x@"), ("password2", "other"), ("display_name", "a\x00b")],
)
def test_each_field_has_its_own_error(tenant: Tenant, field: str, value: str) -> None:
    form = filled(tenant, **{field: value})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_taken_name_is_said_before_it_is_stored(tenant: Tenant, alice: User) -> None:
    form = filled(tenant, username="ALICE")

    assert "alice@acme" in str(form.errors["username"])


def test_a_password_can_be_taken_away(alice: User) -> None:
    form = AdminPasswordForm(alice, {"usable_password": "false"})

    assert form.is_valid(), form.errors
    form.save()

    alice.refresh_from_db()
    assert not alice.has_usable_password()
