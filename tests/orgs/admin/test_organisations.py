"""Organisations are made, changed, closed and reopened through the services, by those who may."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.orgs.models import Organisation
from tests.admin.world import World

LIST = "admin:orgs_organisation_changelist"
ADD = "admin:orgs_organisation_add"
Pages = dict[str, Client]


def page_of(organisation: Organisation) -> str:
    return reverse("admin:orgs_organisation_change", args=[organisation.pk])


def said(organisation: Organisation, **fields: str) -> dict[str, str]:
    form = {"name": organisation.name, "code": "", "sort": "0", "reach": "organisation"}
    return {**form, "version": str(organisation.version), **fields}


def run(client: Client, action: str, *rows: Organisation) -> str:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_a_tenants_admin_makes_one_in_her_tenant(world: World, pages: Pages) -> None:
    form = {"name": "West", "code": "", "sort": "0", "tenant": str(world.tenants["rival"].pk)}
    page = pages["tenant"].get(reverse(ADD)).content.decode()

    answer = pages["tenant"].post(reverse(ADD), form)

    assert 'name="tenant"' not in page
    assert answer.status_code == 302
    assert Organisation.unscoped.get(name="West").tenant == world.tenants["acme"]


def test_a_systems_admin_says_where(world: World, pages: Pages) -> None:
    form = {"name": "West", "code": "", "sort": "0", "tenant": str(world.tenants["rival"].pk)}

    answer = pages["system"].post(reverse(ADD), form)

    assert answer.status_code == 302
    assert Organisation.unscoped.get(name="West").tenant == world.tenants["rival"]


def test_below_the_tenant_nobody_makes_one(pages: Pages) -> None:
    assert [pages[level].get(reverse(ADD)).status_code for level in ("organisation", "department")] == [403, 403]


def test_a_change_and_a_stale_one(world: World, pages: Pages) -> None:
    north = world.organisations["North"]
    url = page_of(north)
    assert pages["organisation"].get(url).status_code == 200

    first = pages["organisation"].post(url, said(north, name="北方", reach="branch"))
    stale = pages["tenant"].post(url, said(north, name="South-West"))

    north.refresh_from_db()
    assert (first.status_code, stale.status_code) == (302, 200)
    assert (north.name, north.reach) == ("北方", "branch")


def test_a_taken_name_is_said_at_the_form(world: World, pages: Pages) -> None:
    answer = pages["tenant"].post(
        page_of(world.organisations["North"]), said(world.organisations["North"], name="South")
    )

    assert answer.status_code == 200
    assert "South" in str(answer.context["adminform"].form.errors)


def test_one_with_people_stays_open_and_an_empty_one_closes(world: World, pages: Pages) -> None:
    pages["tenant"].post(reverse(ADD), {"name": "Empty", "code": "", "sort": "0"})
    empty, north = Organisation.unscoped.get(name="Empty"), world.organisations["North"]

    text = run(pages["tenant"], "close", empty, north)
    closed = list(Organisation.unscoped.filter(is_active=False))
    run(pages["tenant"], "reopen", empty)

    assert closed == [empty]
    assert "1 organisation closed." in text
    assert not Organisation.unscoped.filter(is_active=False).exists()


@pytest.mark.parametrize("action", ["close", "reopen"])
def test_a_forged_id_is_left_alone(world: World, pages: Pages, action: str) -> None:
    abroad = world.organisations["Abroad"]
    is_active = action == "close"
    Organisation.unscoped.filter(pk=abroad.pk).update(is_active=is_active)

    run(pages["tenant"], action, abroad)

    abroad.refresh_from_db()
    assert abroad.is_active is is_active
