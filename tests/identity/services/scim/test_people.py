"""People of a SCIM client, below the protocol: what an index answers, names, and the bound on filters."""

import pytest
from scim2_models import Context, InvalidValueException, NotFoundException, TooManyException

from apps.identity.scim.resources import Person, read_person, search_of
from apps.identity.services.scim import people
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect
from tests.orgs.conftest import NOW

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def resource(user_name: str, **values: object) -> object:
    return read_person({"schemas": [USER], "userName": user_name, **values}, Context.RESOURCE_CREATION_REQUEST)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"displayName": "D", "name": {"formatted": "F"}}, "D"),
        ({"name": {"formatted": "F", "givenName": "G"}}, "F"),
        ({"name": {"givenName": "Wei", "familyName": "Zhang"}}, "Wei Zhang"),
        ({"name": {"givenName": "伟", "familyName": "张"}}, "张伟"),
        ({}, "wei"),
    ],
)
def test_a_name_to_show_is_always_found(
    tenant: Tenant, connect: Connect, values: dict[str, object], expected: str
) -> None:
    row = people.make_person(connect(tenant, "scim"), resource("wei", **values), now=NOW)

    assert row.user.display_name == expected


def test_filters_that_no_index_answers_are_tried_on_so_many_only(
    tenant: Tenant, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MAX_FILTERED", 1)
    connection = connect(tenant, "scim")
    for name in ("a1", "b2"):
        people.make_person(connection, resource(name), now=NOW)

    with pytest.raises(TooManyException):
        people.find_people(connection, search_of(Person, {"filter": 'userName sw "a"'}))
    for text in ('userName eq "A1"', 'userName eq "a1" and active eq true'):
        assert people.find_people(connection, search_of(Person, {"filter": text}))[0] == 1
    assert people.find_people(connection, search_of(Person, {"filter": 'id eq "x"'}))[0] == 0


def test_what_cannot_be_here_is_refused(tenant: Tenant, connect: Connect) -> None:
    connection = connect(tenant, "scim")

    for name, values in (("x" * 300, {}), ("-", {}), ("wei", {"externalId": "e" * 300})):
        with pytest.raises(InvalidValueException):
            people.make_person(connection, resource(name, **values), now=NOW)
    with pytest.raises(NotFoundException):
        people.get_person(connection, str(tenant.id))
