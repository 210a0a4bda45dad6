"""The tree over REST."""

from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orgs.models import Department
from tests.orgs.exchange.conftest import Make
from tests.rest_client import RestClient

DEPARTMENTS = "/api/v1/departments"


def names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["name"] for item in answer["items"]]


def test_a_department_is_made_read_changed_and_deleted(client: RestClient, root: Department) -> None:
    made = client.post(DEPARTMENTS, {"parent": str(root.id), "name": "Lab", "code": "L"})
    one = f"{DEPARTMENTS}/{made.body['id']}"

    read = client.get(one)
    changed = client.patch(one, {"is_hidden": True}, **{"If-Match": read.headers["ETag"]})
    blind = client.delete(one)
    stale = client.delete(one, **{"If-Match": read.headers["ETag"]})
    deleted = client.delete(one, **{"If-Match": changed.headers["ETag"]})

    assert (made.status, made.headers["ETag"], read.body) == (201, '"1"', made.body)
    assert made.body["scope"].startswith(root.path + "/d:")
    assert (changed.body["is_hidden"], changed.body["code"]) == (True, "L")
    assert (blind.status, stale.status, deleted.status) == (428, 412, 204)
    assert client.get(one).code == "department_not_found"


def test_the_tree_opens_level_by_level_and_moves(
    client: RestClient, root: Department, rd: Department, sales: Department
) -> None:
    tops = client.get(DEPARTMENTS).body

    moved = client.post(f"{DEPARTMENTS}/{sales.id}/move", {"parent": str(rd.id)}, **{"If-Match": '"1"'})

    assert names(tops) == ["Acme"]
    assert (tops["items"][0]["id"], tops["items"][0]["children"]) == (str(root.id), 2)
    assert (moved.status, moved.body["parent"]) == (200, str(rd.id))
    assert names(client.get(f"{DEPARTMENTS}/{root.id}/children").body) == ["R&D"]
    assert names(client.get(f"{DEPARTMENTS}/{rd.id}/children").body) == ["Sales"]


def test_outside_the_scope_nothing_is_there(
    below: RestClient, stranger: RestClient, rd: Department, sales: Department, root: Department
) -> None:
    version = {"If-Match": '"1"'}

    assert names(below.get(DEPARTMENTS).body) == ["R&D"]
    for client in (below, stranger):
        one = f"{DEPARTMENTS}/{sales.id}"
        codes = {
            client.get(one).code,
            client.get(f"{one}/children").code,
            client.get(f"{one}/placements").code,
            client.patch(one, {"name": "Mine"}, **version).code,
            client.delete(one, **version).code,
            client.post(f"{one}/move", {"parent": str(rd.id)}, **version).code,
            client.post(DEPARTMENTS, {"parent": str(sales.id), "name": "X"}).code,
        }
        assert codes == {"department_not_found"}
    assert below.post(f"{DEPARTMENTS}/{rd.id}/move", {"parent": str(root.id)}, **version).status in {403, 404}
    assert stranger.get(f"{DEPARTMENTS}?tenant={rd.tenant_id}").body["items"] == []


def test_many_are_made_all_or_each(client: RestClient, root: Department) -> None:
    items = [{"parent": str(root.id), "name": name} for name in ("A", "B", "A")]

    refused = client.post(f"{DEPARTMENTS}/bulk", {"items": items})
    none = Department.objects.for_tenant(root.tenant_id).filter(parent=root).count()
    report = client.post(f"{DEPARTMENTS}/bulk", {"items": items, "mode": "each"})

    assert (refused.code, refused.body["fields"]["index"], none) == ("name_taken", 2, 0)
    assert [item.get("code", "") for item in report.body["items"]] == ["", "", "name_taken"]
    made = {UUID(item["id"]) for item in report.body["items"] if item.get("id")}
    assert set(Department.objects.for_tenant(root.tenant_id).filter(parent=root).values_list("pk", flat=True)) == made


def test_a_level_takes_as_many_queries_for_many_as_for_few(client: RestClient, root: Department, make: Make) -> None:
    counts = []

    for size in (1, 10):
        for number in range(size):
            make(f"{size}-{number}")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{DEPARTMENTS}/{root.id}/children")
        counts.append(len(queries))

    assert counts[0] == counts[1]
