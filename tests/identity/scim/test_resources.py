"""Resources are read tolerantly and written strictly."""

import pytest
from scim2_models import Context, Group, InvalidFilterException

from apps.identity.scim.resources import (
    MAX_FILTER_CHARS,
    Person,
    etag_of,
    kept,
    patched,
    read_group,
    read_person,
    search_of,
    service_config,
    written,
)

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WEI = {"schemas": [USER], "userName": "wei", "password": "secret", "unknown": 1, "displayName": "张伟"}


def test_what_nobody_knows_is_dropped_and_a_password_never_kept() -> None:
    person = read_person(WEI, Context.RESOURCE_CREATION_REQUEST)

    assert kept(person) == {"displayName": "张伟"}
    assert "password" not in written(person)


def test_members_are_removed_by_value_as_entra_id_does() -> None:
    group = read_group(
        {"schemas": [GROUP], "displayName": "G", "members": [{"value": "1"}, {"value": "2"}]},
        Context.RESOURCE_CREATION_REQUEST,
    )

    changed = patched(
        group, {"schemas": [PATCH], "Operations": [{"op": "Remove", "path": "members", "value": [{"value": "1"}]}]}
    )

    assert [member.value for member in changed.members] == ["2"]
    assert len(group.members or []) == 2


def test_an_entity_tag_changes_with_what_is_said() -> None:
    one, same = (read_person(WEI, Context.RESOURCE_CREATION_REQUEST) for _copy in range(2))
    other = read_person({**WEI, "displayName": "张薇"}, Context.RESOURCE_CREATION_REQUEST)

    assert etag_of(one) == etag_of(same) != etag_of(other)


def test_a_search_names_its_attributes_and_its_filter_is_bounded() -> None:
    search = search_of(Group, {"excludedAttributes": "members", "count": "5", "filter": 'displayName eq "G"'})

    assert (search.count, str(search.filter)) == (5, 'displayName eq "G"')
    with pytest.raises(InvalidFilterException):
        search_of(Person, {"filter": "x" * (MAX_FILTER_CHARS + 1)})


def test_it_says_what_it_can_do() -> None:
    config = service_config().model_dump()

    assert [config[name]["supported"] for name in ("patch", "etag", "bulk")] == [True, True, False]
