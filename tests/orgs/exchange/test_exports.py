"""Files that an import takes back."""

import pytest
from django.utils import timezone, translation

from apps.access.errors import NotPermitted
from apps.access.roles import DEPARTMENT_ADMIN
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.orgs.errors import OrganisationNotFound
from apps.orgs.exchange import exports
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.exports import export_organisation
from apps.orgs.exchange.imports import begin_import
from apps.orgs.exchange.sheets import read_lines
from apps.orgs.exchange.writing import Format
from apps.orgs.models import Department, Organisation
from tests.orgs.exchange.conftest import Make, give, place


def exported(actor: User, organisation: Organisation, kind: Kind, form: Format = "csv") -> bytes:
    return b"".join(
        export_organisation(actor, organisation_id=organisation.id, kind=kind, form=form, now=timezone.now())
    )


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [line.cells for line in read_lines(data)]


def test_the_tree_leaves_parents_first_by_code_or_path(
    boss: User, organisation: Organisation, rd: Department, make: Make
) -> None:
    lab = make("A/B", parent=rd, is_hidden=True)
    make("Cellar", parent=lab)

    assert cells(exported(boss, organisation, "departments")) == [
        ("Code", "Name", "Parent", "Hidden"),
        ("rd", "R&D", "/"),
        ("", "A/B", "rd", "yes"),
        ("", "Cellar", r"/R&D/A\/B"),
    ]


def test_people_leave_one_row_per_place_without_secrets(
    boss: User, organisation: Organisation, alice: User, bob: User, rd: Department, sales: Department
) -> None:
    place(boss, alice, rd, title="=HYPERLINK(1)", is_leader=True, sort=-2)
    place(boss, alice, sales)
    place(boss, bob, sales)
    bob.is_active = False
    bob.save()

    with translation.override("zh-hans"):
        table = cells(exported(boss, organisation, "people"))

    assert table == [
        ("用户名", "姓名", "邮箱", "部门", "职位", "主部门", "负责人", "排序"),
        ("alice", "Alice", "", "rd", "'=HYPERLINK(1)", "是", "是", "-2"),
        ("alice", "Alice", "", "sales", "", "", "", "0"),
    ]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", ["departments", "people"])
def test_what_left_comes_back_as_nothing_new(
    kind: Kind, form: Format, boss: User, organisation: Organisation, alice: User, rd: Department, make: Make
) -> None:
    lab = make("=cmd|' /C calc'!A0", parent=rd)
    make("مرحبا / 张\\伟", parent=lab)
    place(boss, alice, rd, title="@SUM(1)")
    place(boss, alice, lab, title="'quoted", is_leader=True)

    source = begin_import(
        boss,
        organisation_id=organisation.id,
        kind=kind,
        data=exported(boss, organisation, kind, form),
        now=timezone.now(),
    )

    assert source.findings == []
    assert source.planned == {"unchanged": source.rows, "refused": 0}


def test_nothing_outside_the_scope_is_in_the_file(
    head: User,
    boss: User,
    organisation: Organisation,
    alice: User,
    bob: User,
    rd: Department,
    sales: Department,
    make: Make,
) -> None:
    place(boss, alice, rd)
    place(boss, bob, sales)
    make("Lab", parent=rd)
    make("Shop", parent=sales)

    departments = cells(exported(head, organisation, "departments"))
    people = cells(exported(head, organisation, "people"))

    assert departments[1:] == [("", "Lab", "rd")]
    assert [row[0] for row in people[1:]] == ["alice"]


def test_nothing_above_the_scope_is_named_and_what_left_comes_back(
    boss: User, bob: User, alice: User, organisation: Organisation, make: Make
) -> None:
    own = make("Own", parent=make("Secret"))
    lab = make("Lab", parent=own)
    make("Bench", parent=lab)
    place(boss, alice, own)
    give(bob, DEPARTMENT_ADMIN, own.scope)

    files: dict[Kind, bytes] = {"departments": b"", "people": b""}
    for kind in files:
        files[kind] = exported(bob, organisation, kind)
    sources = [
        begin_import(bob, organisation_id=organisation.id, kind=kind, data=data, now=timezone.now())
        for kind, data in files.items()
    ]

    assert cells(files["departments"])[1:] == [("", "Lab", "~/Own"), ("", "Bench", "~/Own/Lab")]
    assert [row[3] for row in cells(files["people"])[1:]] == ["~/Own"]
    assert [(source.findings, source.planned["unchanged"]) for source in sources] == [([], 2), ([], 1)]


def test_many_people_are_read_in_batches(
    boss: User,
    organisation: Organisation,
    alice: User,
    bob: User,
    carol: User,
    rd: Department,
    sales: Department,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    for user in (alice, bob, carol):
        place(boss, user, rd)
        place(boss, user, sales)

    people = cells(exported(boss, organisation, "people"))[1:]

    assert sorted((row[0], row[3]) for row in people) == sorted(
        (user.username, code) for user in (alice, bob, carol) for code in ("rd", "sales")
    )


def test_who_may_not_gets_no_byte_and_who_may_is_in_the_log(
    boss: User, alice: User, eve: User, organisation: Organisation
) -> None:
    for stranger in (alice, eve):
        with pytest.raises((OrganisationNotFound, NotPermitted)):
            exported(stranger, organisation, "people")

    exported(boss, organisation, "people")

    entry = Entry.objects.for_tenant(boss.tenant_id).order_by("-number").first()
    assert entry is not None
    assert (entry.action, entry.after) == ("orgs.export.made", {"kind": "people", "format": "csv"})
