"""Places over REST."""

from apps.accounts.models import User
from apps.orgs.models import Department, Placement
from tests.orgs.exchange.conftest import place
from tests.rest_client import RestClient


def test_a_place_is_given_changed_and_taken_away(client: RestClient, alice: User, rd: Department) -> None:
    made = client.post(f"/api/v1/people/{alice.id}/placements", {"department": str(rd.id), "title": "Lead"})
    one = f"/api/v1/placements/{made.body['id']}"

    changed = client.patch(one, {"is_leader": True, "sort": 5}, **{"If-Match": made.headers["ETag"]})
    stale = client.patch(one, {"sort": 6}, **{"If-Match": made.headers["ETag"]})
    read = client.get(one)
    gone = client.delete(one, **{"If-Match": read.headers["ETag"]})

    assert (made.status, made.body["is_primary"]) == (201, True)
    assert read.body == changed.body
    assert (read.body["title"], read.body["is_leader"], read.body["sort"]) == ("Lead", True, 5)
    assert (stale.status, gone.status) == (412, 204)
    assert not Placement.objects.for_tenant(alice.tenant_id).exists()


def test_a_department_s_people_come_leaders_first_page_by_page(
    client: RestClient, boss: User, alice: User, bob: User, carol: User, rd: Department
) -> None:
    place(boss, alice, rd, sort=2)
    place(boss, bob, rd, sort=1)
    place(boss, carol, rd, is_leader=True, sort=9)
    place(boss, boss, rd, is_leader=True, sort=9)
    seen, cursor = [], ""

    for _page in range(4):
        body = client.get(f"/api/v1/departments/{rd.id}/placements?limit=1&cursor={cursor}").body
        seen += [item["username"] for item in body["items"]]
        cursor = body["next"]

    assert (seen, cursor) == (["carol", "boss", "bob", "alice"], "")


def test_outside_the_scope_no_place_is_there(
    below: RestClient, stranger: RestClient, boss: User, alice: User, sales: Department, rd: Department
) -> None:
    placed = place(boss, alice, sales)
    one, version = f"/api/v1/placements/{placed.id}", {"If-Match": '"1"'}

    for client in (below, stranger):
        codes = {
            client.get(one).code,
            client.patch(one, {"title": "x"}, **version).code,
            client.delete(one, **version).code,
        }
        assert codes == {"placement_not_found"}
        drawn = client.post(f"/api/v1/people/{alice.id}/placements", {"department": str(rd.id)})
        assert drawn.code == "user_not_found"
    assert Placement.objects.for_tenant(alice.tenant_id).get() == placed


def test_many_are_placed_all_or_each_by_itself(
    client: RestClient, alice: User, bob: User, eve: User, rd: Department
) -> None:
    items = [{"user": str(user.id), "department": str(rd.id), "title": "Clerk"} for user in (alice, eve, bob)]

    refused = client.post("/api/v1/placements/bulk", {"items": items, "mode": "all"})
    none = Placement.objects.for_tenant(alice.tenant_id).count()
    report = client.post("/api/v1/placements/bulk", {"items": items, "mode": "each"}).body

    assert (refused.code, refused.body["fields"]["index"], none) == ("user_not_found", 1, 0)
    assert (report["done"], report["refused"], report["items"][1]["code"]) == (2, 1, "user_not_found")
    titles = Placement.objects.for_tenant(alice.tenant_id).order_by("id").values_list("user_id", "title")
    assert list(titles) == [(alice.id, "Clerk"), (bob.id, "Clerk")]
