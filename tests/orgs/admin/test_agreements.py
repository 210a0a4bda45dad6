"""Agreements are made, changed and ended through the services."""

from django.test import Client
from django.urls import reverse

from apps.orgs.models import Agreement
from tests.admin.world import World

ADD = "admin:orgs_agreement_add"
Pages = dict[str, Client]


def made(world: World, pages: Pages) -> Agreement:
    form = {
        "from_organisation": str(world.organisations["North"].pk),
        "to_organisation": str(world.organisations["South"].pk),
        "may_see": "on",
        "expires_at_0": "",
        "expires_at_1": "",
    }
    assert pages["tenant"].post(reverse(ADD), form).status_code == 302
    return Agreement.unscoped.get()


def page_of(agreement: Agreement, name: str = "change") -> str:
    return reverse(f"admin:orgs_agreement_{name}", args=[agreement.pk])


def test_it_is_made_changed_and_ended(world: World, pages: Pages) -> None:
    agreement = made(world, pages)
    form = {"may_see": "on", "may_write": "on", "expires_at_0": "", "expires_at_1": "", "version": "1"}

    changed = pages["organisation"].post(page_of(agreement), form)
    stale = pages["tenant"].post(page_of(agreement), {**form, "may_write": ""})
    agreement.refresh_from_db()
    ended = pages["organisation"].post(page_of(agreement, "delete"), {"post": "yes"})

    assert (changed.status_code, stale.status_code, ended.status_code) == (302, 200, 302)
    assert agreement.may_write
    assert not Agreement.unscoped.exists()


def test_writing_without_seeing_is_refused_at_its_field(world: World, pages: Pages) -> None:
    agreement = made(world, pages)

    answer = pages["tenant"].post(
        page_of(agreement), {"may_write": "on", "expires_at_0": "", "expires_at_1": "", "version": "1"}
    )

    assert list(answer.context["adminform"].form.errors)
    agreement.refresh_from_db()
    assert not agreement.may_write


def test_those_that_others_made_are_not_there(world: World, pages: Pages) -> None:
    own = made(world, pages)
    other = Agreement.unscoped.create(
        tenant=own.tenant, from_organisation=own.to_organisation, to_organisation=own.from_organisation
    )

    assert pages["organisation"].get(page_of(own)).status_code == 200
    assert pages["organisation"].get(page_of(other)).status_code == 404
    assert pages["department"].get(page_of(own)).status_code == 403


def test_an_organisation_outside_cannot_be_chosen(world: World, pages: Pages) -> None:
    form = {
        "from_organisation": str(world.organisations["North"].pk),
        "to_organisation": str(world.organisations["Abroad"].pk),
        "may_see": "on",
    }

    assert pages["tenant"].post(reverse(ADD), form).status_code == 200
    assert not Agreement.unscoped.exists()
