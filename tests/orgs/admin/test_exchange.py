"""The pages of lists: a file is previewed, applied and thrown away; what is outside one's scope is not there."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.orgs.admin import exchange
from apps.orgs.exchange import imports
from apps.orgs.models import Department, Import, Organisation
from tests.admin.conftest import give_units
from tests.admin.world import World

LISTS = reverse("orgs_exchange:overview")
DEPARTMENTS = b"name,code,parent\nLab,lab,/Research\nResearch,,\nLost,,nowhere\n"
Pages = dict[str, Client]


def page(name: str, *arguments: object) -> str:
    return reverse(f"orgs_exchange:{name}", args=arguments)


def send(client: Client, organisation: Organisation, data: bytes = DEPARTMENTS, kind: str = "departments") -> Any:
    form = {"kind": kind, "file": SimpleUploadedFile("list.csv", data)}
    return client.post(f"{LISTS}?organisation={organisation.pk}", form)


def sent(client: Client, organisation: Organisation, data: bytes = DEPARTMENTS, kind: str = "departments") -> Import:
    answer = send(client, organisation, data, kind)
    return Import.unscoped.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def text(answer: Any) -> str:
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


def test_a_file_is_previewed_row_by_row_and_changes_nothing(world: World, pages: Pages) -> None:
    source = sent(pages["organisation"], world.organisations["North"])

    shown = pages["organisation"].get(page("import", source.pk))

    assert shown.context["planned"] == [("departments made", 1), ("rows without a change", 1), ("rows refused", 1)]
    assert shown.context["steps"] == [(2, "departments made", "Lab", "Code: lab, Parent: /Research")]
    assert [(line, column) for line, column, _text in shown.context["findings"]] == [(4, "Parent")]
    assert not Department.unscoped.filter(name="Lab").exists()


def test_an_import_is_applied(world: World, pages: Pages) -> None:
    source = sent(pages["organisation"], world.organisations["North"])

    answer = pages["organisation"].post(page("apply", source.pk), follow=True)

    assert answer.context["done"] == [("departments made", 1), ("rows without a change", 1)]
    assert answer.context["is_going"] is False
    assert Department.unscoped.get(name="Lab").parent == world.departments["Research"]


def test_a_large_import_goes_on_request_by_request(world: World, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "PART_ROWS", 1)
    monkeypatch.setattr(exchange, "APPLYING_S", 0.0)
    source = sent(pages["organisation"], world.organisations["North"], b"name\nOne\nTwo\n")

    first = pages["organisation"].post(page("apply", source.pk), follow=True)
    looked_at = pages["organisation"].get(page("import", source.pk)).content.decode()
    second = pages["organisation"].post(page("apply", source.pk), follow=True)

    assert (first.context["is_going"], second.context["is_going"]) == (True, False)
    assert "data-going" in first.content.decode()
    assert "data-going" not in looked_at
    assert Department.unscoped.filter(name__in=["One", "Two"]).count() == 2


def test_parts_are_applied_one_after_the_other_in_one_request(
    world: World, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PART_ROWS", 1)
    monkeypatch.setattr(exchange, "APPLYING_S", 60.0)
    source = sent(pages["organisation"], world.organisations["North"], b"name\nOne\nTwo\n")

    answer = pages["organisation"].post(page("apply", source.pk), follow=True)

    assert answer.context["source"].state == Import.State.APPLIED


def test_whoever_is_second_is_told_to_wait(world: World, pages: Pages) -> None:
    source = sent(pages["organisation"], world.organisations["North"])
    Import.unscoped.filter(pk=source.pk).update(claimed_at=timezone.now())

    answer = pages["organisation"].post(page("apply", source.pk), follow=True)
    thrown_away = pages["organisation"].post(page("discard", source.pk), follow=True)

    assert "Somebody is applying this import" in answer.content.decode()
    assert "applied already, or begun" in thrown_away.content.decode()
    assert not Department.unscoped.filter(name="Lab").exists()


def test_an_import_is_thrown_away(world: World, pages: Pages) -> None:
    source = sent(pages["organisation"], world.organisations["North"])

    answer = pages["organisation"].post(page("discard", source.pk), follow=True)

    assert answer.redirect_chain[-1][0] == f"{LISTS}?organisation={world.organisations['North'].pk}"
    assert "nothing was changed" in answer.content.decode()
    assert not Import.unscoped.filter(pk=source.pk).exists()


@pytest.mark.parametrize("data", [b"nmae\nx\n", b"", b"PK\x03\x04half"])
def test_what_is_no_list_is_refused_with_its_reason(world: World, pages: Pages, data: bytes) -> None:
    answer = send(pages["organisation"], world.organisations["North"], data)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not Import.unscoped.exists()


def test_a_file_that_is_too_long_is_refused_unread(world: World, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_UPLOAD_BYTES", 10)

    answer = send(pages["organisation"], world.organisations["North"])

    assert "more than 10 bytes" in answer.content.decode()


def test_a_department_s_admin_previews_only_what_she_may(world: World, pages: Pages) -> None:
    data = b"name,parent\nField,/Sales\nLab,/Research\n"

    source = sent(pages["department"], world.organisations["North"], data)

    assert source.planned == {"CreateDepartment": 1, "unchanged": 0, "refused": 1}


def test_an_import_of_others_is_not_there(world: World, pages: Pages) -> None:
    source = sent(pages["organisation"], world.organisations["North"])
    rival = User.unscoped.get(pk=world.people["rival"].pk)
    give_units(rival, "orgs.exchange.import", "orgs.exchange.export")
    stranger = Client()
    stranger.force_login(rival)

    for client in (pages["department"], stranger):
        codes = [client.get(page("import", source.pk)).status_code]
        codes += [client.post(page(name, source.pk)).status_code for name in ("apply", "discard")]
        assert codes == [404, 404, 404]
    assert pages["tenant"].get(page("import", source.pk)).status_code == 200


@pytest.mark.parametrize("name", ["Abroad", "South"])
def test_an_organisation_outside_is_not_there(world: World, pages: Pages, name: str) -> None:
    outside = world.organisations[name]

    assert pages["organisation"].get(LISTS, {"organisation": str(outside.pk)}).status_code == 404
    assert send(pages["organisation"], outside).status_code == 404
    assert pages["organisation"].get(page("export", outside.pk, "people", "csv")).status_code == 404
    assert not Import.unscoped.exists()


def test_each_level_is_offered_the_organisations_within_its_reach(pages: Pages) -> None:
    offered = {
        level: [each.name for each in pages[level].get(LISTS).context["organisations"]]
        for level in ("system", "tenant", "organisation", "department")
    }

    assert offered == {
        "system": ["North", "South", "Abroad"],
        "tenant": ["North", "South"],
        "organisation": ["North"],
        "department": ["North"],
    }


def test_nothing_is_sent_before_an_organisation_is_chosen(pages: Pages) -> None:
    shown = pages["tenant"].get(LISTS)
    posted = pages["tenant"].post(LISTS, {"kind": "people", "file": SimpleUploadedFile("a.csv", b"username\nx\n")})
    nonsense = pages["tenant"].get(LISTS, {"organisation": "x"})

    assert (shown.context["organisation"], shown.context["may_import"]) == (None, False)
    assert (posted.status_code, Import.unscoped.exists()) == (200, False)
    assert nonsense.status_code == 404


def test_lists_and_templates_are_downloaded(world: World, pages: Pages) -> None:
    north = world.organisations["North"]

    exported = pages["department"].get(page("export", north.pk, "people", "csv"))
    template = pages["department"].get(page("template", "people", "csv"), headers={"accept-language": "zh-hans"})
    unknown = [page("export", north.pk, "people", "pdf"), page("template", "robots", "csv")]

    assert exported["Content-Disposition"].startswith('attachment; filename="people-')
    assert "sales-person" in text(exported)
    assert text(template) == "\ufeff用户名,姓名,邮箱,部门,职位,主部门,负责人,排序,密码\r\n"
    assert [pages["department"].get(address).status_code for address in unknown] == [404, 404]


def test_who_may_only_export_sends_nothing(world: World) -> None:
    person, north = world.people["sales"], world.organisations["North"]
    give_units(person, "orgs.exchange.export", scope=world.departments["Sales"].scope)
    client = Client()
    client.force_login(person)

    shown = client.get(LISTS)

    assert (shown.context["may_export"], shown.context["may_import"]) == (True, False)
    assert send(client, north).status_code in {403, 404}
    assert client.get(page("export", north.pk, "departments", "xlsx")).status_code == 200


def test_who_may_do_neither_does_not_get_in(world: World) -> None:
    give_units(world.people["sales"], "orgs.department.view", scope=world.departments["Sales"].scope)
    client = Client()
    client.force_login(world.people["sales"])

    codes = [client.get(LISTS).status_code, client.get(page("template", "people", "csv")).status_code]

    assert codes == [403, 403]
    assert Client().get(LISTS).status_code == 302
