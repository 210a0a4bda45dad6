"""Organisations come with a root, are named once, and close when nobody is left."""

from uuid import UUID

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import ORGANISATION_ADMIN, SYSTEM_ADMIN
from apps.access.scopes import SYSTEM, organisation_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.orgs import services
from apps.orgs.errors import (
    CodeTaken,
    NameTaken,
    OrganisationClosed,
    OrganisationNotEmpty,
    OrganisationNotFound,
    OrganisationsFull,
)
from apps.orgs.models import Department, Organisation
from apps.orgs.services import OrganisationChange, organisations
from apps.tenants.errors import TenantNotFound
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD
from tests.orgs.conftest import NOW, Give, fresh, root_of


def test_an_organisation_comes_with_its_root(boss: User) -> None:
    company = services.create_organisation(boss, name=" 蓝海 ", code="BH", now=NOW)

    root = root_of(company)
    assert (company.name, company.tenant_id) == ("蓝海", boss.tenant_id)
    assert (root.name, root.level, root.lft, root.rght) == ("蓝海", 0, 1, 2)
    assert root.scope == organisation_scope(company.tenant_id, company.id)


def test_every_organisation_has_a_tree_of_its_own(boss: User, company: Organisation) -> None:
    other = services.create_organisation(boss, name="另一家", now=NOW)

    assert root_of(company).tree_id != root_of(other).tree_id


def test_a_number_that_another_tree_has_is_drawn_again(
    boss: User, root: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter([root.tree_id - 1, root.tree_id - 1, root.tree_id])
    monkeypatch.setattr("apps.orgs.services.trees.secrets.randbelow", lambda _limit: next(numbers))

    company = services.create_organisation(boss, name="另一家", now=NOW)

    assert root_of(company).tree_id == root.tree_id + 1


def test_who_may_not_makes_none(alice: User, company: Organisation, give: Give) -> None:
    give(alice, ORGANISATION_ADMIN, organisation_scope(company.tenant_id, company.id))

    with pytest.raises(NotPermitted):
        services.create_organisation(alice, name="Mine", now=NOW)


def test_nobody_makes_one_in_another_tenant(boss: User, other_tenant: Tenant) -> None:
    with pytest.raises(NotPermitted):
        services.create_organisation(boss, name="Theirs", now=NOW, tenant_id=other_tenant.id)


def test_a_tenant_that_is_not_there_gets_none(give: Give) -> None:
    root = create_user(ensure_system_tenant(), username="root", password=PASSWORD)
    give(root, SYSTEM_ADMIN, SYSTEM)

    with pytest.raises(TenantNotFound):
        services.create_organisation(root, name="Nobody's", now=NOW, tenant_id=UUID(int=1))


def test_names_and_codes_are_taken_once(boss: User, company: Organisation) -> None:
    with pytest.raises(NameTaken, match=company.name):
        services.create_organisation(boss, name=company.name, now=NOW)
    with pytest.raises(CodeTaken, match="BH"):
        services.create_organisation(boss, name="B", code="BH", now=NOW)


def test_a_bad_name_is_refused(boss: User) -> None:
    with pytest.raises(InvalidInput):
        services.create_organisation(boss, name=" ", now=NOW)


def test_a_tenant_has_room_for_so_many(boss: User, company: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "MAX_ORGANISATIONS", 1)

    with pytest.raises(OrganisationsFull):
        services.create_organisation(boss, name="B", now=NOW)


def test_a_change_of_name_renames_the_root(boss: User, company: Organisation, root: Department) -> None:
    change = OrganisationChange(name="深蓝", reach="branch", sort=3)

    changed = services.change_organisation(boss, organisation_id=company.id, version=1, change=change, now=NOW)

    assert (changed.name, changed.reach, changed.sort, changed.version) == ("深蓝", "branch", 3, 2)
    assert fresh(root).name == "深蓝"
    entry = Entry.objects.for_tenant(company.tenant_id).get(action="orgs.organisation.changed")
    assert (entry.before["name"], entry.after["name"]) == ("蓝海科技", "深蓝")
    assert entry.scope == organisation_scope(company.tenant_id, company.id).path


def test_what_is_left_out_stays(boss: User, company: Organisation, root: Department) -> None:
    services.change_organisation(
        boss, organisation_id=company.id, version=1, change=OrganisationChange(code=""), now=NOW
    )

    company.refresh_from_db()
    assert (company.name, company.code) == ("蓝海科技", "")
    assert fresh(root).name == "蓝海科技"


def test_a_stale_change_is_refused(boss: User, company: Organisation) -> None:
    change = OrganisationChange(name="B")

    with pytest.raises(Stale, match="version 1"):
        services.change_organisation(boss, organisation_id=company.id, version=2, change=change, now=NOW)


def test_an_unknown_reach_is_refused(boss: User, company: Organisation) -> None:
    change = OrganisationChange(reach="moon")

    with pytest.raises(InvalidInput, match="moon"):
        services.change_organisation(boss, organisation_id=company.id, version=1, change=change, now=NOW)


def test_a_change_to_a_taken_name_is_refused(boss: User, company: Organisation) -> None:
    services.create_organisation(boss, name="B", now=NOW)

    with pytest.raises(NameTaken):
        services.change_organisation(
            boss, organisation_id=company.id, version=1, change=OrganisationChange(name="B"), now=NOW
        )


def test_to_a_stranger_it_is_not_there(eve: User, company: Organisation) -> None:
    with pytest.raises(OrganisationNotFound):
        services.close_organisation(eve, organisation_id=company.id, version=1, now=NOW)


def test_an_organisation_without_people_closes_and_opens_again(
    boss: User, alice: User, company: Organisation, root: Department
) -> None:
    closed = services.close_organisation(boss, organisation_id=company.id, version=1, now=NOW)

    assert not closed.is_active
    with pytest.raises(OrganisationClosed):
        services.place_person(boss, user_id=alice.id, department_id=root.pk, now=NOW)
    with pytest.raises(OrganisationClosed):
        services.create_department(boss, parent_id=root.pk, name="A", now=NOW)
    services.reopen_organisation(boss, organisation_id=company.id, version=2, now=NOW)
    assert services.place_person(boss, user_id=alice.id, department_id=root.pk, now=NOW).is_primary


def test_an_organisation_with_people_stays_open(
    boss: User, alice: User, company: Organisation, root: Department
) -> None:
    services.place_person(boss, user_id=alice.id, department_id=root.pk, now=NOW)

    with pytest.raises(OrganisationNotEmpty, match="1 people"):
        services.close_organisation(boss, organisation_id=company.id, version=1, now=NOW)
