"""Fill two installations that work with each other: `python -m tests.webclient.browser.federation_seed ROLE`.

What there is to make comes as JSON on standard input. `issuer`: a company whose people sign in here, and a program for
the other installation; prints `{"client_id": …, "secret": …}`. `relying`: a company whose people come from elsewhere,
by the connections named; prints `{"department": id}` of where those who are made are put.
"""

import json
import sys
from typing import Any
from uuid import UUID

import django


def main(role: str, wanted: dict[str, Any]) -> dict[str, str]:
    """Make it; return what the test has to know."""
    django.setup()
    return {"issuer": make_issuer, "relying": make_relying}[role](wanted)


def make_issuer(wanted: dict[str, Any]) -> dict[str, str]:
    """People, and the program by which another installation asks who they are."""
    from django.utils import timezone

    from apps.accounts.services import create_user, ensure_applications
    from apps.accounts.services.program_terms import Terms
    from apps.accounts.services.registrations import register_application
    from apps.tenants.services import create_tenant, ensure_system_tenant

    ensure_applications()
    tenant = create_tenant(slug="partner", name="伙伴公司")
    for username, display_name in wanted["people"].items():
        create_user(tenant, username=username, password=wanted["password"], display_name=display_name)
    root = create_user(ensure_system_tenant(), username="root", password=wanted["password"], is_superuser=True)
    terms = Terms(name="海燕", scopes=("openid", "profile", "email"), redirect_uris=tuple(wanted["callbacks"]))
    made = register_application(root, tenant_id=tenant.id, kind="site", terms=terms, now=timezone.now())
    return {"client_id": str(made.registration.application.client_id), "secret": made.secret}


def make_relying(wanted: dict[str, Any]) -> dict[str, str]:
    """A company with a department for people from elsewhere, somebody who was here before, and its connections."""
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.accounts.services import create_user
    from apps.identity.models import Connection
    from apps.identity.sealing import sealed_secret
    from apps.orgs.models import Department
    from apps.orgs.services import create_department, create_organisation
    from apps.tenants.services import create_tenant

    root, now = User.unscoped.filter(is_superuser=True).order_by("id")[0], timezone.now()
    tenant = create_tenant(slug="haiyan", name="海燕科技")
    organisation = create_organisation(root, name="海燕科技有限公司", now=now, tenant_id=tenant.id)
    top = Department.objects.for_tenant(tenant.id).get(organisation=organisation, parent=None)
    guests = create_department(root, parent_id=top.id, name="外协部", now=now)
    for username, display_name in wanted["people"].items():
        create_user(tenant, username=username, password=wanted["password"], display_name=display_name)
    for each in wanted["connections"]:
        secret, connection_id = each.pop("secret"), UUID(each.pop("id"))
        Connection(
            **each,
            id=connection_id,
            tenant=tenant,
            secret=sealed_secret(connection_id, secret),
            provisioning=Connection.Provisioning.CREATE,
            department=guests,
        ).save(force_insert=True)
    return {"department": str(guests.id)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], json.load(sys.stdin))))
