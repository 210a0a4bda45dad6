"""What is kept of SCIM clients: names once, and tokens as hashes."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.identity.models import ScimToken, ScimUser
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect


def test_a_name_is_given_once_and_no_outside_id_twice(tenant: Tenant, alice: User, bob: User, connect: Connect) -> None:
    connection = connect(tenant, "scim")
    fields = {"tenant": tenant, "connection": connection}
    assert str(ScimUser.unscoped.create(**fields, user=alice, user_name="a", external_id="1")) == "a"

    for name, external_id in (("a", ""), ("b", "1")):
        with pytest.raises(IntegrityError), transaction.atomic():
            ScimUser.unscoped.create(**fields, user=bob, user_name=name, external_id=external_id)


def test_a_token_shows_how_it_begins(tenant: Tenant, connect: Connect) -> None:
    assert (
        str(ScimToken(tenant=tenant, connection=connect(tenant, "scim"), digest="d", hint="imscim_abc"))
        == "imscim_abc…"
    )
