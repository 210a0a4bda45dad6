"""Agreements: who may make, change and end them, what is refused, what is written down."""

from datetime import timedelta

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import AUDITOR, ORGANISATION_ADMIN
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.orgs import services
from apps.orgs.errors import AgreementNotFound, AgreementTaken, OrganisationClosed, OrganisationNotFound
from apps.orgs.models import Agreement, Organisation
from apps.orgs.services.agreements import change_agreement, end_agreement, make_agreement
from apps.tenants.models import Tenant
from tests.orgs.conftest import NOW, Give, root_of

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def partner(boss: User, company: Organisation) -> Organisation:
    return services.create_organisation(boss, name="红海", now=NOW)


@pytest.fixture
def agreement(boss: User, company: Organisation, partner: Organisation) -> Agreement:
    return make_agreement(boss, from_id=company.id, to_id=partner.id, now=NOW)


def last(user: User) -> Entry:
    entry = Entry.objects.for_tenant(user.tenant_id).order_by("number").last()
    assert entry is not None
    return entry


class TestMaking:
    def test_the_organisation_that_allows_decides(
        self, alice: User, give: Give, company: Organisation, partner: Organisation
    ) -> None:
        give(alice, ORGANISATION_ADMIN, root_of(company).scope)

        agreement = make_agreement(
            alice, from_id=company.id, to_id=partner.id, may_write=True, expires_at=TOMORROW, now=NOW
        )

        assert (agreement.may_see, agreement.may_write, agreement.expires_at) == (True, True, TOMORROW)
        assert (last(alice).action, last(alice).scope) == ("orgs.agreement.made", root_of(company).path)
        assert last(alice).target_label == "蓝海科技 -> 红海"

    def test_nobody_gives_away_what_is_not_hers(
        self, alice: User, give: Give, company: Organisation, partner: Organisation
    ) -> None:
        give(alice, ORGANISATION_ADMIN, root_of(company).scope)

        with pytest.raises(OrganisationNotFound):
            make_agreement(alice, from_id=partner.id, to_id=company.id, now=NOW)

    def test_seeing_the_organisation_is_not_enough(
        self, alice: User, give: Give, company: Organisation, partner: Organisation
    ) -> None:
        give(alice, AUDITOR, root_of(company).scope)

        with pytest.raises(NotPermitted):
            make_agreement(alice, from_id=company.id, to_id=partner.id, now=NOW)

    def test_there_is_one_in_each_direction(
        self, boss: User, agreement: Agreement, company: Organisation, partner: Organisation
    ) -> None:
        with pytest.raises(AgreementTaken):
            make_agreement(boss, from_id=company.id, to_id=partner.id, may_write=True, now=NOW)

        make_agreement(boss, from_id=partner.id, to_id=company.id, now=NOW)
        assert Agreement.objects.for_tenant(boss.tenant_id).count() == 2

    def test_not_with_a_closed_one_nor_with_one_of_another_tenant(
        self, boss: User, company: Organisation, partner: Organisation, other_tenant: Tenant
    ) -> None:
        services.close_organisation(boss, organisation_id=partner.id, version=partner.version, now=NOW)
        foreign = Organisation(tenant=other_tenant, name="Rival")
        foreign.save()

        with pytest.raises(OrganisationClosed):
            make_agreement(boss, from_id=company.id, to_id=partner.id, now=NOW)
        with pytest.raises(OrganisationNotFound):
            make_agreement(boss, from_id=company.id, to_id=foreign.id, now=NOW)

    def test_what_makes_no_sense_is_refused(self, boss: User, company: Organisation, partner: Organisation) -> None:
        with pytest.raises(InvalidInput, match="to"):
            make_agreement(boss, from_id=company.id, to_id=company.id, now=NOW)
        with pytest.raises(InvalidInput, match="may_write"):
            make_agreement(boss, from_id=company.id, to_id=partner.id, may_see=False, may_write=True, now=NOW)
        with pytest.raises(InvalidInput, match="expires_at"):
            make_agreement(boss, from_id=company.id, to_id=partner.id, expires_at=NOW, now=NOW)


class TestChanging:
    def test_what_it_allows_and_how_long(self, boss: User, agreement: Agreement) -> None:
        changed = change_agreement(
            boss,
            agreement_id=agreement.id,
            version=agreement.version,
            may_see=True,
            may_write=True,
            expires_at=TOMORROW,
            now=NOW,
        )

        assert (changed.may_write, changed.expires_at, changed.version) == (True, TOMORROW, agreement.version + 1)
        assert last(boss).action == "orgs.agreement.changed"
        assert (last(boss).before["may_write"], last(boss).after["may_write"]) == (False, True)

    def test_a_stale_edit_is_refused(self, boss: User, agreement: Agreement) -> None:
        with pytest.raises(Stale):
            change_agreement(
                boss, agreement_id=agreement.id, version=9, may_see=True, may_write=True, expires_at=None, now=NOW
            )
        with pytest.raises(Stale):
            end_agreement(boss, agreement_id=agreement.id, version=9, now=NOW)

    def test_others_do_not_find_it(self, alice: User, eve: User, agreement: Agreement) -> None:
        for actor in (alice, eve):
            with pytest.raises(AgreementNotFound):
                end_agreement(actor, agreement_id=agreement.id, version=agreement.version, now=NOW)


class TestEnding:
    def test_it_is_gone_and_told(self, boss: User, agreement: Agreement) -> None:
        end_agreement(boss, agreement_id=agreement.id, version=agreement.version, now=NOW)

        assert not Agreement.objects.for_tenant(boss.tenant_id).exists()
        assert (last(boss).action, last(boss).target_id) == ("orgs.agreement.ended", str(agreement.id))
        with pytest.raises(AgreementNotFound):
            end_agreement(boss, agreement_id=agreement.id, version=agreement.version, now=NOW)
