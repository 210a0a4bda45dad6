"""Agreements over REST."""

from uuid import UUID

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.orgs.models import Organisation
from apps.orgs.services import create_organisation
from tests.rest_client import RestClient


@pytest.fixture
def partner(boss: User) -> Organisation:
    return create_organisation(boss, name="Partner", now=timezone.now())


def test_an_agreement_is_made_listed_on_both_sides_changed_and_ended(
    client: RestClient, organisation: Organisation, partner: Organisation
) -> None:
    made = client.post(f"/api/v1/organisations/{organisation.id}/agreements", {"taker": str(partner.id)})
    one = f"/api/v1/agreements/{made.body['id']}"

    changed = client.put(one, {"may_see": True, "may_write": True, "expires_at": 4102444800000}, **{"If-Match": '"1"'})
    stale = client.put(one, {"may_see": True, "may_write": False}, **{"If-Match": '"1"'})
    sides = [client.get(f"/api/v1/organisations/{o.id}/agreements").body["items"] for o in (organisation, partner)]
    ended = client.delete(one, **{"If-Match": '"2"'})

    assert (made.status, made.body["may_write"], made.body["expires_at"]) == (201, False, None)
    assert (changed.body["may_write"], changed.body["expires_at"]) == (True, 4102444800000)
    assert sides == [[changed.body], [changed.body]]
    assert (stale.status, ended.status) == (412, 204)


def test_outside_the_scope_there_is_none(
    client: RestClient, below: RestClient, stranger: RestClient, organisation: Organisation, partner: Organisation
) -> None:
    made = client.post(f"/api/v1/organisations/{organisation.id}/agreements", {"taker": str(partner.id)}).body["id"]

    for other in (below, stranger):
        assert other.get(f"/api/v1/organisations/{organisation.id}/agreements").code == "organisation_not_found"
        assert other.delete(f"/api/v1/agreements/{made}", **{"If-Match": '"1"'}).code == "agreement_not_found"
    nowhere = client.post(f"/api/v1/organisations/{organisation.id}/agreements", {"taker": str(UUID(int=1))})
    assert nowhere.code == "organisation_not_found"
