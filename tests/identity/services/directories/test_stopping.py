"""The stop is told in words, by the bounds of now."""

from dataclasses import asdict

import pytest

from apps.identity.models import DirectoryRun
from apps.identity.services.directories.stopping import stop_of
from apps.identity.syncing.safety import Vanishing
from apps.tenants.models import Tenant
from tests.identity.conftest import Connect

CONFIG = {
    "servers": ["dc.acme.test"],
    "bind_dn": "cn=reader,dc=acme,dc=test",
    "people_base": "dc=acme,dc=test",
    "departments": "none",
}


def told(connect: Connect, tenant: Tenant, lost: Vanishing | None, **changes: int) -> str:
    connection = connect(tenant, "ldap", config={**CONFIG, **changes})
    return stop_of(DirectoryRun(connection=connection, vanishing={} if lost is None else asdict(lost)))


def test_what_would_vanish_is_told_beside_what_may(connect: Connect, tenant: Tenant) -> None:
    assert told(connect, tenant, Vanishing(9, 10, 1, 1), vanishing_count=5) == (
        "9 of 10 people would be deactivated, 1 of 1 department deleted; "
        "by itself a run may lose 5, 10 percent, and never all."
    )


@pytest.mark.parametrize("lost", [None, Vanishing(0, 10, 0, 3), Vanishing(2, 10, 0, 3)])
def test_nothing_is_told_where_nothing_stops_it(connect: Connect, tenant: Tenant, lost: Vanishing | None) -> None:
    assert told(connect, tenant, lost) == ""


def test_without_bounds_there_is_nothing_to_compare(connect: Connect, tenant: Tenant) -> None:
    assert told(connect, tenant, Vanishing(9, 10, 0, 3), vanishing_count=-1) == ""
