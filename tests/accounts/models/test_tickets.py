"""Used tickets as rows."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.accounts.models import SpentTicket
from apps.tenants.models import Tenant


def test_the_database_lets_a_ticket_be_used_once_whoever_says_so(tenant: Tenant, other_tenant: Tenant) -> None:
    now, ticket = timezone.now(), uuid4()
    used = SpentTicket(id=ticket, tenant=tenant, user_id=uuid4(), audience="imsite", spent_at=now, expires_at=now)
    used.save(force_insert=True)
    again = SpentTicket(id=ticket, tenant=other_tenant, user_id=uuid4(), audience="x", spent_at=now, expires_at=now)

    assert str(used) == str(ticket)
    with pytest.raises(IntegrityError):
        again.save(force_insert=True)
