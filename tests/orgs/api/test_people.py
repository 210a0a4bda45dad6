"""People over REST, as their administrators see to them."""

import pytest

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.models import KeptAnswer
from apps.orgs.models import Department
from apps.tenants.models import Tenant
from tests.admin.conftest import give_units
from tests.orgs.exchange.conftest import place
from tests.rest_client import RestClient, signed_in

PEOPLE = "/api/v1/people"
NEW = {"username": "zhangwei", "display_name": "张伟", "password": "correct horse battery"}


def test_a_person_is_made_read_changed_and_shut_out(client: RestClient, rd: Department) -> None:
    made = client.post(PEOPLE, {**NEW, "department": str(rd.id), "title": "Lead"}, **{"Idempotency-Key": "1"})
    one = f"{PEOPLE}/{made.body['id']}"

    changed = client.patch(one, {"display_name": "Zhang", "is_hidden": True}, **{"If-Match": made.headers["ETag"]})
    stale = client.patch(one, {"display_name": "Z"}, **{"If-Match": made.headers["ETag"]})
    password = client.put(f"{one}/password", {"password": "another good password"})
    out = client.put(f"{one}/status", {"is_active": False})

    assert made.status == 201
    assert [(p["department"], p["title"], p["is_primary"]) for p in made.body["placements"]] == [
        (str(rd.id), "Lead", True)
    ]
    assert (changed.body["display_name"], changed.body["is_hidden"]) == ("Zhang", True)
    assert (stale.code, password.status, out.body["is_active"]) == ("stale", 204, False)
    user = User.objects.for_tenant(made.body["tenant"]).get(pk=made.body["id"])
    assert user.check_password("another good password")
    kept = bytes(KeptAnswer.objects.for_tenant(user.tenant_id).get().body)
    assert b"password" not in kept
    assert b"horse" not in kept


def test_people_are_found_by_pinyin_within_the_scope(
    client: RestClient, below: RestClient, stranger: RestClient, carol: User, alice: User, rd: Department, boss: User
) -> None:
    place(boss, alice, rd)

    assert [item["username"] for item in client.get(f"{PEOPLE}?q=zhang").body["items"]] == ["carol"]
    assert [item["username"] for item in below.get(PEOPLE).body["items"]] == ["alice"]
    assert [item["username"] for item in stranger.get(PEOPLE).body["items"]] == []


def test_pages_lead_on(client: RestClient, alice: User, bob: User, carol: User) -> None:
    first = client.get(f"{PEOPLE}?limit=3").body
    second = client.get(f"{PEOPLE}?limit=3&cursor={first['next']}").body

    found = [item["username"] for item in first["items"] + second["items"]]
    assert sorted(found) == ["alice", "bob", "boss", "carol"]


def test_outside_the_scope_nobody_is_there(
    below: RestClient, stranger: RestClient, alice: User, sales: Department, boss: User
) -> None:
    place(boss, alice, sales)
    one = f"{PEOPLE}/{alice.id}"

    for client in (below, stranger):
        codes = {
            client.get(one).code,
            client.patch(one, {"display_name": "X"}, **{"If-Match": '"1"'}).code,
            client.put(f"{one}/status", {"is_active": False}).code,
            client.put(f"{one}/password", {"password": "correct horse battery"}).code,
        }
        assert codes == {"user_not_found"}
        assert client.post(PEOPLE, NEW).code == "not_permitted"
        assert client.post(PEOPLE, {**NEW, "department": str(sales.id)}).code == "department_not_found"
    alice.refresh_from_db()
    assert (alice.display_name, alice.is_active) == ("Alice", True)


def test_who_has_places_elsewhere_shows_only_those_here_and_keeps_her_account(
    below: RestClient, alice: User, rd: Department, sales: Department, boss: User
) -> None:
    place(boss, alice, rd)
    place(boss, alice, sales)
    one = f"{PEOPLE}/{alice.id}"

    assert [item["department"] for item in below.get(one).body["placements"]] == [str(rd.id)]
    assert below.put(f"{one}/status", {"is_active": False}).code == "not_permitted"


def test_many_are_made_each_by_itself(client: RestClient, rd: Department) -> None:
    items = [{"username": name, "department": str(rd.id)} for name in ("ann", "not a name", "bea")]

    report = client.post(f"{PEOPLE}/bulk", {"items": items, "mode": "each"}).body

    assert (report["done"], report["refused"]) == (2, 1)
    assert report["items"][1]["code"] == "invalid_input"
    assert not User.objects.for_tenant(rd.tenant_id).get(username="ann").has_usable_password()


@pytest.mark.parametrize("path", ["people/{user}", "departments/{department}", "organisations/{organisation}"])
def test_who_may_change_but_not_see_changes_nothing(
    tenant: Tenant, alice: User, bob: User, rd: Department, boss: User, path: str
) -> None:
    place(boss, bob, rd)
    give_units(alice, "orgs.people.change", "orgs.department.change", "orgs.organisation.change")
    one = "/api/v1/" + path.format(user=bob.id, department=rd.id, organisation=rd.organisation_id)
    change = {"display_name" if "people" in path else "name": "Changed"}
    before = Entry.objects.for_tenant(tenant.id).count()

    answer = signed_in(alice).patch(one, change, **{"If-Match": '"1"'})

    assert answer.status in {403, 404}
    assert Entry.objects.for_tenant(tenant.id).count() == before
