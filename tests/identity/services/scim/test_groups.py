"""Groups of a SCIM client, below the protocol: where they go, and what they are called."""

import pytest
from scim2_models import ConflictException, Context, InvalidValueException, UniquenessException

from apps.identity.scim.resources import read_group
from apps.identity.services.scim import groups
from apps.orgs.models import Department
from tests.identity.conftest import Connect
from tests.orgs.conftest import NOW, boss, company, give, root  # noqa: F401 - fixtures

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def resource(name: str, **values: object) -> object:
    return read_group({"schemas": [GROUP], "displayName": name, **values}, Context.RESOURCE_CREATION_REQUEST)


def test_a_group_is_a_department_below_the_connections(root: Department, connect: Connect) -> None:  # noqa: F811
    connection = connect(root.tenant, "scim", department=root)

    link = groups.make_group(connection, resource("研发部", externalId="g1"), now=NOW)

    assert (link.department.parent_id, link.external_id) == (root.pk, "g1")
    for again in (resource("研发部"), resource("市场部", externalId="g1")):
        with pytest.raises(UniquenessException):
            groups.make_group(connection, again, now=NOW)


def test_without_a_department_there_are_none(root: Department, connect: Connect) -> None:  # noqa: F811
    with pytest.raises(ConflictException):
        groups.make_group(connect(root.tenant, "scim"), resource("研发部"), now=NOW)


def test_members_and_ids_that_cannot_be_are_refused(root: Department, connect: Connect) -> None:  # noqa: F811
    connection = connect(root.tenant, "scim", department=root)

    for values in (
        {"members": [{"value": "nobody"}]},
        {"externalId": "e" * 300},
        {"members": [{"value": str(root.pk)}]},
    ):
        with pytest.raises(InvalidValueException):
            groups.make_group(connection, resource("研发部", **values), now=NOW)
    assert Department.objects.for_tenant(root.tenant_id).count() == 1
