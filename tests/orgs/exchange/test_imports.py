"""From a file to the tree: preview, applying part by part, and everything that may go wrong between the two."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone, translation

from apps.access.errors import NotPermitted
from apps.access.models import Grant
from apps.access.roles import AUDITOR, TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.orgs.errors import (
    FileRefused,
    ImportBusy,
    ImportDone,
    ImportNotFound,
    ImportsFull,
    ImportUnreadable,
    OrganisationNotFound,
)
from apps.orgs.exchange import imports
from apps.orgs.exchange.columns import Kind
from apps.orgs.exchange.imports import (
    apply_part,
    begin_import,
    discard_import,
    get_import,
    list_imports,
    told_finding,
    told_step,
)
from apps.orgs.exchange.planning import plan_rows
from apps.orgs.models import Department, Import, ImportPart, Organisation, Placement
from apps.orgs.services import delete_department, move_department
from apps.tenants.models import Tenant
from tests.orgs.exchange.conftest import Make, give, place

DEPARTMENTS = "code,name,parent\nhq,Headquarters,\nrd,Research,hq\nlab,Lab,rd\n"


def received(actor: User, organisation: Organisation, text: str, kind: Kind = "departments") -> Import:
    return begin_import(
        actor, organisation_id=organisation.id, kind=kind, data=text.encode(), name="list.csv", now=timezone.now()
    )


def applied(actor: User, source: Import) -> Import:
    while source.state != Import.State.APPLIED:
        source = apply_part(actor, import_id=source.id, now=timezone.now())
    return source


def codes(findings: list[list[object]]) -> list[tuple[int, str]]:
    return [told_finding(raw)[0:3:2] for raw in findings]


def names(organisation: Organisation) -> dict[str, str]:
    rows = Department.objects.for_tenant(organisation.tenant_id).filter(organisation=organisation, parent__isnull=False)
    return {row.name: row.parent.name for row in rows.select_related("parent") if row.parent}


def test_a_preview_changes_nothing(boss: User, organisation: Organisation) -> None:
    source = received(boss, organisation, DEPARTMENTS)

    assert (source.state, source.rows, source.planned) == (
        "ready",
        3,
        {"CreateDepartment": 3, "unchanged": 0, "refused": 0},
    )
    assert names(organisation) == {}


def test_departments_are_made_part_by_part(
    boss: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PART_ROWS", 2)
    source = received(boss, organisation, "code,name,parent\nlab,Lab,rd\nrd,Research,hq\nhq,Headquarters,\n")

    halfway = apply_part(boss, import_id=source.id, now=timezone.now())
    assert (halfway.state, halfway.done["CreateDepartment"]) == ("applying", 2)
    assert names(organisation) == {"Headquarters": "Acme", "Research": "Headquarters"}

    done = applied(boss, halfway)
    assert done.done == {"CreateDepartment": 3, "unchanged": 0, "refused": 0}
    assert names(organisation)["Lab"] == "Research"
    assert not ImportPart.objects.for_tenant(boss.tenant_id).exists()


def test_the_same_file_again_changes_nothing(boss: User, organisation: Organisation) -> None:
    applied(boss, received(boss, organisation, DEPARTMENTS))

    again = applied(boss, received(boss, organisation, DEPARTMENTS))

    assert again.done == {"unchanged": 3, "refused": 0}


def test_a_list_moves_renames_and_swaps(boss: User, organisation: Organisation, make: Make) -> None:
    a = make("A", "a")
    make("B", "b", a)

    applied(boss, received(boss, organisation, "code,name,parent,hidden\na,Renamed,b,yes\nb,B,,\n"))

    assert names(organisation) == {"B": "Acme", "Renamed": "B"}
    assert Department.objects.for_tenant(boss.tenant_id).get(code="a").is_hidden


def test_bad_rows_are_reported_and_the_good_ones_applied(boss: User, organisation: Organisation) -> None:
    source = received(boss, organisation, "code,name,parent\na,A,b\nb,B,a\n,,\nx,X,nowhere\nok,Fine,\nok,Twice,\nl,,\n")

    done = applied(boss, source)

    assert codes(source.findings) == [
        (2, "cycle"),
        (3, "cycle"),
        (5, "unknown_parent"),
        (7, "code_repeated"),
        (8, "empty"),
    ]
    assert source.planned["refused"] == 5
    assert names(organisation) == {"Fine": "Acme"}
    assert done.failures == []


def test_findings_are_told_in_the_reader_s_language(boss: User, organisation: Organisation) -> None:
    source = received(boss, organisation, "code,name\na,\n")

    assert told_finding(source.findings[0]) == (2, "name", "empty", "must not be empty")
    with translation.override("zh-hans"):
        assert told_finding(source.findings[0]) == (2, "name", "empty", "不能为空")


def test_a_step_s_values_are_called_what_their_columns_are() -> None:
    with translation.override("zh-hans"):
        of_department = told_step([2, "ChangeDepartment", "平台部", {"name": "平台组"}])
        of_person = told_step([3, "ChangePerson", "wei", {"name": "张伟"}])

    assert of_department == (2, "ChangeDepartment", "平台部", "名称: 平台组")
    assert of_person == (3, "ChangePerson", "wei", "姓名: 张伟")


def test_a_parent_that_is_deleted_or_moved_away_during_the_import_is_a_finding(
    boss: User, organisation: Organisation, rd: Department, sales: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PART_ROWS", 1)
    source = received(boss, organisation, "name,parent\nFirst,rd\nSecond,rd\nThird,/Sales\nFourth,\n")
    now = timezone.now()
    apply_part(boss, import_id=source.id, now=now)
    first = Department.objects.for_tenant(boss.tenant_id).get(name="First")

    delete_department(boss, department_id=first.id, version=first.version, now=now)
    delete_department(boss, department_id=rd.id, version=rd.version, now=now)
    under = Department.objects.for_tenant(boss.tenant_id).get(name="Sales")
    make_room = applied_department(boss, organisation, "Elsewhere")
    move_department(boss, department_id=under.id, parent_id=make_room.id, version=under.version, now=now)
    done = applied(boss, source)

    assert codes(done.failures) == [(3, "unknown_parent"), (4, "unknown_parent")]
    assert names(organisation) == {"Sales": "Elsewhere", "Elsewhere": "Acme", "Fourth": "Acme"}
    assert done.done["refused"] == 2


def applied_department(boss: User, organisation: Organisation, name: str) -> Department:
    applied(boss, received(boss, organisation, f"name\n{name}\n"))
    return Department.objects.for_tenant(boss.tenant_id).get(name=name)


def test_a_name_taken_between_plan_and_step_is_a_finding_of_its_row(
    boss: User, organisation: Organisation, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = received(boss, organisation, "code,name\nx,Taken\ny,Free\n")
    real = plan_rows

    def planned_too_early(*args: object) -> object:
        result = real(*args)  # type: ignore[arg-type]
        make("Taken", "z")
        return result

    monkeypatch.setattr(imports, "plan_rows", planned_too_early)
    done = applied(boss, source)

    assert codes(done.failures) == [(2, "refused")]
    assert "Taken" in told_finding(done.failures[0])[3]
    assert names(organisation).keys() == {"Taken", "Free"}


def test_people_are_made_placed_and_changed(
    boss: User, organisation: Organisation, rd: Department, sales: Department, alice: User
) -> None:
    place(boss, alice, rd)

    source = applied(
        boss,
        received(
            boss,
            organisation,
            "用户名,姓名,部门,职位,负责人,密码\nann,安,rd,工程师,是,correct horse 1\n"
            "ann,,/Sales,,,\nalice,Alice B.,rd,Lead,,\n",
            "people",
        ),
    )

    ann = User.objects.for_tenant(boss.tenant_id).get(username="ann")
    places = Placement.objects.for_tenant(boss.tenant_id)
    assert source.done == {
        "CreatePerson": 1,
        "Place": 1,
        "ChangePerson": 1,
        "ChangePlace": 1,
        "unchanged": 0,
        "refused": 0,
    }
    assert (ann.display_name, ann.check_password("correct horse 1")) == ("安", True)
    assert [(p.department_id, p.title, p.is_primary, p.is_leader) for p in places.filter(user=ann).order_by("id")] == [
        (rd.id, "工程师", True, True),
        (sales.id, "", False, False),
    ]
    alice.refresh_from_db()
    assert (alice.display_name, places.get(user=alice).title) == ("Alice B.", "Lead")


def test_who_has_no_password_yet_cannot_sign_in_by_one(boss: User, organisation: Organisation) -> None:
    applied(boss, received(boss, organisation, "username\nann\n", "people"))

    ann = User.objects.for_tenant(boss.tenant_id).get(username="ann")
    assert not ann.has_usable_password()
    assert not ann.check_password("")


def test_a_weak_password_is_a_finding_and_shows_nowhere(boss: User, organisation: Organisation) -> None:
    source = received(boss, organisation, "username,password\nann,12345678\nbob2,correct horse 2\n", "people")

    done = applied(boss, source)

    assert codes(done.failures) == [(2, "refused")]
    stored = str([done.failures, done.findings, list(Entry.unscoped.values("before", "after"))])
    assert "12345678" not in stored
    assert "correct horse" not in stored


def test_the_tenant_s_limit_is_met_exactly(tenant: Tenant, boss: User, organisation: Organisation) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(users_max=3)

    source = received(boss, organisation, "username\na1\na2\na3\n", "people")
    done = applied(boss, source)

    assert codes(source.findings) == [(4, "too_many_people")]
    assert done.done["CreatePerson"] == 2
    assert User.objects.for_tenant(tenant.id).filter(is_active=True).count() == 3


def test_an_admin_of_a_department_imports_there_and_nowhere_else(
    head: User, boss: User, organisation: Organisation, rd: Department, sales: Department, alice: User
) -> None:
    place(boss, alice, sales)

    people = applied(
        head, received(head, organisation, "username,department\nann,rd\nben,sales\ncid,\nalice,rd\n", "people")
    )
    tree = applied(head, received(head, organisation, "name,parent\nIn,rd\nOut,sales\nTop,\n"))

    assert people.done["CreatePerson"] == 1
    assert codes(people.findings) == [(3, "unknown_department"), (4, "outside_scope"), (5, "person_outside_scope")]
    assert codes(tree.findings) == [(3, "unknown_parent"), (4, "outside_scope")]
    assert names(organisation) == {"R&D": "Acme", "Sales": "Acme", "In": "R&D"}


@pytest.mark.parametrize("kind", ["departments", "people"])
def test_what_is_outside_is_told_like_what_is_not_there(
    head: User, organisation: Organisation, rd: Department, make: Make, kind: Kind
) -> None:
    make("Vault", "vault")
    header = "name,parent" if kind == "departments" else "username,department"

    def told(*references: str) -> list[list[object]]:
        rows = [f"new{number},{each}" for number, each in enumerate(references)]
        findings = received(head, organisation, "\n".join([header, *rows]), kind).findings
        return [[line, column, code] for line, column, code, _fields in findings]

    assert told("vault", "/Vault", "/Vault/new0") == told("nobody", "/Nobody", "/Nobody/new0")


def test_powers_count_when_it_is_applied_not_when_it_was_sent(
    tenant: Tenant, alice: User, head: User, organisation: Organisation
) -> None:
    give(head, TENANT_ADMIN, tenant_scope(tenant.id))
    source = received(head, organisation, DEPARTMENTS)
    Grant.objects.for_tenant(tenant.id).filter(user_id=head.id, role=TENANT_ADMIN).delete()

    with pytest.raises(ImportNotFound):
        apply_part(alice, import_id=source.id, now=timezone.now())
    done = applied(head, source)

    assert names(organisation) == {"R&D": "Acme", "Lab": "R&D"}
    assert done.done == {"CreateDepartment": 1, "unchanged": 0, "refused": 2}


def test_who_administers_a_part_neither_reads_nor_uses_up_what_others_sent(
    boss: User, head: User, organisation: Organisation
) -> None:
    theirs, own = received(boss, organisation, DEPARTMENTS), received(head, organisation, "name,parent\nIn,rd\n")
    powers, now = powers_of(head, now=timezone.now()), timezone.now()

    with pytest.raises(ImportNotFound):
        get_import(head, powers, theirs.id)
    with pytest.raises(ImportNotFound):
        apply_part(head, import_id=theirs.id, now=now)
    with pytest.raises(ImportNotFound):
        discard_import(head, import_id=theirs.id, now=now)

    assert list(list_imports(head, powers, organisation.id)) == [own]
    assert list(list_imports(boss, powers_of(boss, now=now), organisation.id)) == [own, theirs]
    assert applied(boss, theirs).done["refused"] == 0
    assert names(organisation) == {"Headquarters": "Acme", "Research": "Headquarters", "Lab": "Research"}


def test_another_tenant_sees_neither_organisation_nor_import(boss: User, eve: User, organisation: Organisation) -> None:
    source = received(boss, organisation, DEPARTMENTS)
    eve.is_superuser = False

    with pytest.raises(OrganisationNotFound):
        received(eve, organisation, DEPARTMENTS)
    with pytest.raises(ImportNotFound):
        get_import(eve, powers_of(eve, now=timezone.now()), source.id)
    with pytest.raises(OrganisationNotFound):
        list_imports(eve, powers_of(eve, now=timezone.now()), organisation.id)
    assert list(list_imports(boss, powers_of(boss, now=timezone.now()), organisation.id)) == [source]


def test_who_may_only_look_at_the_organisation_may_not_import(
    boss: User, alice: User, organisation: Organisation, rd: Department
) -> None:
    give(alice, AUDITOR, rd.scope)

    with pytest.raises((NotPermitted, OrganisationNotFound)):
        received(alice, organisation, DEPARTMENTS)


@pytest.mark.parametrize("data", [b"", b"nmae\nx\n", b"PK\x03\x04half a workbook"])
def test_a_file_that_is_no_list_is_refused_and_leaves_nothing(
    boss: User, organisation: Organisation, data: bytes
) -> None:
    with pytest.raises(FileRefused) as caught:
        begin_import(boss, organisation_id=organisation.id, kind="people", data=data, now=timezone.now())

    assert caught.value.fields["why"]
    assert not Import.objects.for_tenant(boss.tenant_id).exists()


def test_reading_has_a_deadline(boss: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "READING_S", -1.0)

    with pytest.raises(FileRefused) as caught:
        received(boss, organisation, DEPARTMENTS)

    assert caught.value.fields["why"] == "took_too_long"


def test_two_do_not_apply_the_same_part(boss: User, organisation: Organisation) -> None:
    source = received(boss, organisation, DEPARTMENTS)
    now = timezone.now()
    Import.objects.for_tenant(boss.tenant_id).update(claimed_at=now)

    with pytest.raises(ImportBusy):
        apply_part(boss, import_id=source.id, now=now + timedelta(seconds=119))
    taken_over = apply_part(boss, import_id=source.id, now=now + timedelta(seconds=121))

    assert taken_over.state == "applied"


def test_a_part_that_breaks_off_is_free_again(
    boss: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = received(boss, organisation, DEPARTMENTS)
    with monkeypatch.context() as patch:
        patch.setattr(imports, "plan_rows", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            apply_part(boss, import_id=source.id, now=timezone.now())

    assert applied(boss, source).done["CreateDepartment"] == 3


def test_rows_that_cannot_be_opened_are_refused_and_the_import_is_thrown_away(
    boss: User, organisation: Organisation
) -> None:
    source = received(boss, organisation, DEPARTMENTS)
    ImportPart.objects.for_tenant(source.tenant_id).update(sealed=b"sealed by somebody else")

    with pytest.raises(ImportUnreadable):
        apply_part(boss, import_id=source.id, now=timezone.now())
    discard_import(boss, import_id=source.id, now=timezone.now())

    assert not Import.objects.for_tenant(source.tenant_id).exists()


def test_nothing_more_to_do_is_no_error(boss: User, organisation: Organisation) -> None:
    done = applied(boss, received(boss, organisation, DEPARTMENTS))

    again = apply_part(boss, import_id=done.id, now=timezone.now())

    assert again.done == done.done


def test_an_import_is_thrown_away_until_it_is_begun(boss: User, organisation: Organisation) -> None:
    waiting, begun = (received(boss, organisation, DEPARTMENTS) for _ in range(2))
    applied(boss, begun)

    discard_import(boss, import_id=waiting.id, now=timezone.now())

    with pytest.raises(ImportDone):
        discard_import(boss, import_id=begun.id, now=timezone.now())
    with pytest.raises(ImportNotFound):
        discard_import(boss, import_id=UUID(int=1), now=timezone.now())
    assert list(Import.objects.for_tenant(boss.tenant_id)) == [begun]


def test_only_so_many_wait_and_old_ones_go(
    boss: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_WAITING", 2)
    for _ in range(2):
        received(boss, organisation, DEPARTMENTS)

    with pytest.raises(ImportsFull):
        received(boss, organisation, DEPARTMENTS)
    Import.objects.for_tenant(boss.tenant_id).update(created_at=timezone.now() - imports.KEPT_FOR - timedelta(hours=1))
    received(boss, organisation, DEPARTMENTS)

    assert Import.objects.for_tenant(boss.tenant_id).count() == 1


def test_findings_are_bounded_and_counted(
    boss: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_FINDINGS", 2)

    source = received(boss, organisation, "name,code\n,a\n,b\n,c\n")

    assert (len(source.findings), source.planned["refused"]) == (2, 3)


def test_the_audit_log_tells_of_every_import_and_of_every_change(boss: User, organisation: Organisation) -> None:
    applied(boss, received(boss, organisation, DEPARTMENTS))

    actions = list(Entry.objects.for_tenant(boss.tenant_id).order_by("number").values_list("action", flat=True))
    assert actions[-5:] == ["orgs.import.received", *["orgs.department.created"] * 3, "orgs.import.applied"]
