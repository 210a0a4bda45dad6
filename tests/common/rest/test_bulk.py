"""Many changes at once."""

from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.common.errors import InvalidInput
from apps.common.rest.bulk import run_bulk


@pytest.fixture
def people(alice: User, bob: User, carol: User) -> list[User]:
    return [alice, bob, carol]


def rename(user: User) -> UUID:
    """Bob keeps his name, and the attempt leaves nothing behind."""
    user.display_name = "Renamed"
    user.save()
    if user.username == "bob":
        raise InvalidInput(field="display_name", reason="no")
    return user.id


def names(people: list[User]) -> list[str]:
    return [User.objects.for_tenant(user.tenant_id).get(pk=user.pk).display_name for user in people]


def test_each_does_what_can_be_done_and_tells_what_could_not(people: list[User]) -> None:
    report = run_bulk(people, rename, mode="each")

    assert (report.done, report.refused) == (2, 1)
    assert [item.id for item in report.items] == [people[0].id, None, people[2].id]
    assert [(item.index, item.status, item.code) for item in report.items] == [
        (0, 200, ""),
        (1, 400, "invalid_input"),
        (2, 200, ""),
    ]
    assert report.items[1].fields == {"field": "display_name", "reason": "no"}
    assert names(people) == ["Renamed", "Bob", "Renamed"]


def test_all_does_nothing_once_one_is_refused_and_names_it(people: list[User]) -> None:
    with pytest.raises(InvalidInput) as caught:
        run_bulk(people, rename, mode="all")

    assert caught.value.fields["index"] == 1
    assert names(people) == ["Alice", "Bob", "张卡罗"]


def test_all_reports_each_when_all_are_done(people: list[User]) -> None:
    report = run_bulk([people[0], people[2]], rename, mode="all")

    assert (report.done, report.refused) == (2, 0)
    assert names(people) == ["Renamed", "Bob", "Renamed"]
