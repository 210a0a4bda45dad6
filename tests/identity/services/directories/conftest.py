"""A company that has a directory: Debian's slapd, and a connection that reaches it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from apps.accounts.models import User
from apps.identity.models import Connection
from apps.identity.sealing import sealed_secret
from apps.orgs.models import Department
from tests.identity.conftest import Connect
from tests.identity.slapd import READER_PASSWORD, Slapd, own_slapd, slapd  # noqa: F401 - fixtures
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Fill = Callable[..., Connection]


@pytest.fixture
def directory(slapd: Slapd, connect: Connect, root: Department) -> Fill:  # noqa: F811 - the fixture
    """Connect the company's root department to ten people of the directory."""

    def make(*, password: str = READER_PASSWORD, server: Slapd = slapd, **changes: Any) -> Connection:
        config = msgspec.to_builtins(server.settings(**{"people_filter": "(uid=user00*)", **changes}))
        connection = connect(
            root.tenant, "ldap", config=config, department=root, provisioning=Connection.Provisioning.CREATE
        )
        connection.secret = sealed_secret(connection.pk, password)
        connection.save()
        return connection

    return make


def people_of(connection: Connection) -> dict[str, User]:
    """Everybody who is linked to the connection, by user name."""
    rows = User.objects.for_tenant(connection.tenant_id).filter(links__connection=connection)
    return {user.username: user for user in rows}
