"""Organisations over REST."""

from apps.accounts.models import User
from apps.orgs.models import Department, Organisation
from tests.rest_client import RestClient

ORGANISATIONS = "/api/v1/organisations"


def test_an_organisation_is_made_changed_closed_and_opened(client: RestClient) -> None:
    made = client.post(ORGANISATIONS, {"name": "Acme", "code": "A"}, **{"Idempotency-Key": "1"})
    one = f"{ORGANISATIONS}/{made.body['id']}"

    again = client.post(ORGANISATIONS, {"name": "Acme", "code": "A"}, **{"Idempotency-Key": "1"})
    changed = client.patch(one, {"reach": "branch"}, **{"If-Match": made.headers["ETag"]})
    stale = client.patch(one, {"reach": "department"}, **{"If-Match": made.headers["ETag"]})
    closed = client.put(f"{one}/status", {"is_active": False}, **{"If-Match": changed.headers["ETag"]})
    opened = client.put(f"{one}/status", {"is_active": True}, **{"If-Match": closed.headers["ETag"]})

    assert (made.status, again.body) == (201, made.body)
    assert Department.objects.for_tenant(made.body["tenant"]).filter(pk=made.body["root"]).exists()
    assert (changed.body["reach"], changed.body["name"]) == ("branch", "Acme")
    assert (stale.status, stale.code) == (412, "stale")
    assert [closed.body["is_active"], opened.body["is_active"]] == [False, True]
    assert client.get(one).body == opened.body


def test_lists_end_at_the_scope(
    client: RestClient, below: RestClient, stranger: RestClient, organisation: Organisation, boss: User
) -> None:
    one = f"{ORGANISATIONS}/{organisation.id}"

    assert [item["id"] for item in client.get(ORGANISATIONS).body["items"]] == [str(organisation.id)]
    assert client.get(f"{ORGANISATIONS}?tenant={organisation.id}").body["items"] == []
    assert below.get(ORGANISATIONS).body["items"] == []
    assert stranger.get(ORGANISATIONS).body["items"] == []
    assert below.get(one).code == stranger.get(one).code == "organisation_not_found"
    assert stranger.post(ORGANISATIONS, {"name": "X", "tenant": str(boss.tenant_id)}).code == "not_permitted"


def test_pages_lead_on(client: RestClient) -> None:
    for name in "ABC":
        client.post(ORGANISATIONS, {"name": name})

    first = client.get(f"{ORGANISATIONS}?limit=2").body
    second = client.get(f"{ORGANISATIONS}?limit=2&cursor={first['next']}").body

    assert [item["name"] for item in first["items"] + second["items"]] == ["A", "B", "C"]
    assert second["next"] == ""
