"""Lists in and out over REST."""

from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.common.rest import files
from apps.orgs.models import Department, Import, Organisation
from tests.rest_client import Answer, RestClient, issue_token

CSV = b"name,parent\nLab,rd\nBench,/R&D/Lab\nLost,nowhere\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sent(
    client: RestClient, organisation: Organisation, data: bytes = CSV, *, query: str = "kind=departments", **more: Any
) -> Answer:
    path = f"/api/v1/organisations/{organisation.id}/imports?{query}"
    return client.request("POST", path, data, **{"content_type": "text/csv", **more})


def test_a_list_is_previewed_applied_and_read_again(
    client: RestClient, organisation: Organisation, rd: Department
) -> None:
    begun = sent(client, organisation, query="kind=departments&name=tree.csv")
    one = f"/api/v1/imports/{begun.body['id']}"

    before = Department.objects.for_tenant(rd.tenant_id).count()
    applied = client.post(f"{one}/apply")
    again = client.post(f"{one}/apply")
    chinese = client.get(one, **{"Accept-Language": "zh-hans"})
    listed = client.get(f"/api/v1/organisations/{organisation.id}/imports").body["items"]

    assert (begun.status, begun.body["state"], begun.body["name"]) == (201, "ready", "tree.csv")
    assert begun.body["planned"] == {"CreateDepartment": 2, "unchanged": 0, "refused": 1}
    finding = begun.body["findings"][0]
    assert (finding["line"], finding["column"], finding["code"]) == (4, "parent", "unknown_parent")
    assert "nowhere" in finding["text"]
    assert (before, Department.objects.for_tenant(rd.tenant_id).count()) == (2, 4)
    assert (applied.body["state"], applied.body["parts_done"], again.body) == ("applied", 1, applied.body)
    assert chinese.body["findings"][0]["text"] != finding["text"]
    assert [item["state"] for item in listed] == ["applied"]
    assert client.delete(one).code == "import_done"


def test_a_list_sent_twice_under_one_key_is_one_import(client: RestClient, organisation: Organisation) -> None:
    answers = [sent(client, organisation, CSV, **{"Idempotency-Key": "1"}) for _ in range(2)]

    assert answers[0].body == answers[1].body
    assert Import.objects.for_tenant(organisation.tenant_id).count() == 1
    assert client.delete(f"/api/v1/imports/{answers[0].body['id']}").status == 204


def test_what_is_no_list_is_refused(client: RestClient, organisation: Organisation, monkeypatch: Any) -> None:
    assert sent(client, organisation, b"nmae\nx\n").code == "file_refused"
    assert sent(client, organisation, b"PK\x03\x04half", content_type=XLSX).code == "file_refused"
    assert sent(client, organisation, b"{}", content_type="application/json").code == "unsupported_media_type"
    assert sent(client, organisation, query="kind=robots").code == "invalid_input"
    assert client.post(f"/api/v1/organisations/{organisation.id}/imports?kind=people").code == "invalid_input"
    monkeypatch.setattr(files, "MAX_UPLOAD_BYTES", 10)
    assert sent(client, organisation).code == "too_large"


def test_outside_the_scope_neither_list_nor_file(
    client: RestClient, stranger: RestClient, organisation: Organisation
) -> None:
    one = f"/api/v1/imports/{sent(client, organisation).body['id']}"
    company = f"/api/v1/organisations/{organisation.id}"

    assert (
        stranger.get(one).code == stranger.delete(one).code == stranger.post(f"{one}/apply").code == "import_not_found"
    )
    assert stranger.get(f"{company}/imports").code == sent(stranger, organisation).code == "organisation_not_found"
    assert stranger.get(f"{company}/export?kind=people&format=csv").code == "organisation_not_found"


def test_a_file_is_downloaded_in_one_s_language(boss: User, organisation: Organisation, rd: Department) -> None:
    headers = {"Authorization": f"Bearer {issue_token(boss)}", "Accept-Language": "zh-hans"}
    path = f"/api/v1/organisations/{organisation.id}/export?kind=departments&format="

    csv = Client().get(f"{path}csv", headers={**headers, "Accept": "text/csv"})
    xlsx = Client().get(f"{path}xlsx", headers=headers)

    assert csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert csv.headers["Content-Disposition"].startswith('attachment; filename="departments-')
    assert b"".join(csv).decode("utf-8-sig").startswith("编码,名称,上级部门,隐藏\r\nrd,R&D,/")
    assert xlsx.headers["Content-Type"] == XLSX
    assert b"".join(xlsx).startswith(b"PK")
