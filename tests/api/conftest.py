"""Things of Alice's company that have ids, for tests that go through every route."""

import pytest
from django.utils import timezone

from apps.access.roles import AUDITOR
from apps.access.scopes import organisation_scope
from apps.access.services import create_role, grant_role
from apps.accounts.models import User
from apps.accounts.services import create_user, program_terms
from apps.accounts.services.registrations import register_application
from apps.accounts.services.service_accounts import Terms, create_service_account
from apps.orgs.exchange.imports import begin_import
from apps.orgs.models import Department
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.agreements import make_agreement
from apps.orgs.services.placements import place_person
from apps.tenants.models import Tenant
from tests.accounts.terminals import terminal_of
from tests.conftest import PASSWORD


@pytest.fixture
def boss(tenant: Tenant) -> User:
    """Runs everything."""
    return create_user(tenant, username="boss", password=PASSWORD, is_superuser=True)


@pytest.fixture
def things(boss: User, alice: User) -> dict[str, str]:
    """One of each kind, by the name of its place in a path."""
    now = timezone.now()
    organisation, partner = (create_organisation(boss, name=name, now=now) for name in ("Acme Ltd", "Partner Ltd"))
    root = Department.objects.for_tenant(boss.tenant_id).get(organisation=organisation, parent__isnull=True)
    department = create_department(boss, parent_id=root.id, name="R&D", now=now)
    placement = place_person(boss, user_id=alice.id, department_id=department.id, now=now)
    scope = organisation_scope(boss.tenant_id, organisation.id)
    role = create_role(
        boss, tenant_id=boss.tenant_id, key="readers", name="Readers", units=["audit.entries.view"], now=now
    )
    grant = grant_role(boss, user=alice, role=AUDITOR, scope=department.scope, now=now)
    agreement = make_agreement(boss, from_id=organisation.id, to_id=partner.id, now=now)
    terms = Terms(display_name="Build bot")
    bot = create_service_account(boss, tenant=boss.tenant, username="builds", terms=terms, now=now)
    source = begin_import(boss, organisation_id=organisation.id, kind="departments", data=b"name\nX\n", now=now)
    application = register_application(
        boss,
        tenant_id=boss.tenant_id,
        kind="own",
        terms=program_terms.Terms(name="Rota", scopes=("openid",)),
        now=now,
    )
    return {
        "organisation": str(organisation.id),
        "partner": str(partner.id),
        "root": str(root.id),
        "department": str(department.id),
        "placement": str(placement.id),
        "role": str(role.id),
        "grant": str(grant.id),
        "account": str(bot.account.pk),
        "terminal": str(terminal_of(alice).id),
        "agreement": str(agreement.id),
        "source": str(source.id),
        "tenant": str(boss.tenant_id),
        "scope": scope.path,
        "application": str(application.registration.id),
    }
