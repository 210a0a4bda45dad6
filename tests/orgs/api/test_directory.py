"""The tree and the cards over REST."""

from datetime import UTC, datetime

import pytest

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.ids import new_id
from apps.orgs.models import Department, Organisation
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.placements import place_person
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD
from tests.rest_client import signed_in

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def root(db: None) -> User:
    return create_user(ensure_system_tenant(), username="root", password=PASSWORD, is_superuser=True)


@pytest.fixture
def group(root: User, tenant: Tenant) -> Organisation:
    return create_organisation(root, name="集团总部", now=NOW, tenant_id=tenant.id)


def department(actor: User, parent: Department, name: str) -> Department:
    return create_department(actor, parent_id=parent.id, name=name, now=NOW)


def top(organisation: Organisation) -> Department:
    return Department.objects.for_tenant(organisation.tenant_id).get(organisation=organisation, parent=None)


@pytest.fixture
def research(root: User, group: Organisation, alice: User, bob: User) -> Department:
    """Alice leads it, Bob is in a team of it."""
    found = department(root, top(group), "研发部")
    team = department(root, found, "平台组")
    place_person(root, user_id=alice.id, department_id=found.id, title="总监", is_leader=True, now=NOW)
    place_person(root, user_id=bob.id, department_id=team.id, title="工程师", now=NOW)
    return found


def test_one_walks_from_the_organisation_to_a_person(
    group: Organisation, research: Department, alice: User, bob: User
) -> None:
    client = signed_in(alice)

    organisations = client.get("/api/v1/directory")
    first = client.get(f"/api/v1/directory/departments/{organisations.body['items'][0]['department']}")
    second = client.get(f"/api/v1/directory/departments/{research.id}")
    people = client.get(f"/api/v1/directory/departments/{second.body['departments'][0]['id']}/people")
    card = client.get(f"/api/v1/users/{bob.id}/card")

    assert organisations.body["items"] == [
        {"id": str(group.id), "department": str(top(group).id), "name": "集团总部", "people": 2}
    ]
    assert first.body["way"] == []
    assert [(each["name"], each["people"]) for each in first.body["departments"]] == [("研发部", 2)]
    assert [step["name"] for step in second.body["way"]] == ["集团总部"]
    assert [(each["name"], each["people"]) for each in second.body["departments"]] == [("平台组", 1)]
    assert people.body["items"] == [
        {
            "id": str(bob.id),
            "username": "bob",
            "display_name": "Bob",
            "is_bot": False,
            "title": "工程师",
            "is_leader": False,
        }
    ]
    assert card.body["placements"] == [
        {
            "department": second.body["departments"][0]["id"],
            "way": ["集团总部", "研发部", "平台组"],
            "title": "工程师",
            "is_leader": False,
        }
    ]
    assert (card.body["contact"], card.body["blocked"], card.body["may_write"]) == ("none", False, True)


def test_pages_go_from_leaders_to_the_others_without_a_gap(
    root: User, tenant: Tenant, research: Department, alice: User
) -> None:
    names = [alice.username]
    for number in range(7):
        user = create_user(tenant, username=f"p{number}", password=PASSWORD)
        place_person(
            root, user_id=user.id, department_id=research.id, is_leader=number < 2, sort=number % 3 - 1, now=NOW
        )
        names.append(user.username)
    client = signed_in(alice)
    whole = client.get(f"/api/v1/directory/departments/{research.id}/people?limit=100").body

    found, cursor = [], ""
    while True:
        page = client.get(f"/api/v1/directory/departments/{research.id}/people?limit=2&cursor={cursor}").body
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            break

    assert found == whole["items"]
    assert sorted(each["username"] for each in found) == sorted(names)
    assert [each["is_leader"] for each in found] == [True] * 3 + [False] * 5


def test_another_company_finds_nothing(group: Organisation, research: Department, alice: User, eve: User) -> None:
    client = signed_in(eve)

    assert client.get("/api/v1/directory").body == {"items": []}
    for path in (f"departments/{research.id}", f"departments/{research.id}/people", f"departments/{new_id()}"):
        answer = client.get(f"/api/v1/directory/{path}")
        assert (answer.status, answer.code) == (404, "department_not_found")
    answer = client.get(f"/api/v1/users/{alice.id}/card")
    assert (answer.status, answer.code) == (404, "user_not_found")


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMiwzXQ"])
def test_a_foreign_cursor_is_refused(research: Department, alice: User, cursor: str) -> None:
    answer = signed_in(alice).get(f"/api/v1/directory/departments/{research.id}/people?cursor={cursor}")

    assert (answer.status, answer.code) == (400, "invalid_input")


def test_a_hidden_department_is_not_there_for_those_outside(
    root: User, group: Organisation, research: Department, alice: User, carol: User
) -> None:
    board = create_department(root, parent_id=top(group).id, name="董事会", is_hidden=True, now=NOW)
    place_person(root, user_id=carol.id, department_id=board.id, now=NOW)
    outside, inside = signed_in(alice), signed_in(carol)

    assert [each["people"] for each in outside.get("/api/v1/directory").body["items"]] == [2]
    assert outside.get(f"/api/v1/directory/departments/{board.id}").status == 404
    assert outside.get(f"/api/v1/users/{carol.id}/card").status == 404
    assert [each["people"] for each in inside.get("/api/v1/directory").body["items"]] == [3]
    assert inside.get(f"/api/v1/directory/departments/{board.id}/people").body["items"][0]["username"] == "carol"
