"""A connection that a foreign client provisions through, and requests of its own."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity.api.scim import rates
from apps.identity.models import Connection
from apps.identity.services.scim.tokens import make_token
from apps.orgs.models import Department
from tests.identity.conftest import Connect
from tests.orgs.conftest import NOW, boss, company, give, grow, root  # noqa: F401 - fixtures

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Provisioner:
    """A SCIM client."""

    connection: Connection
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request; the answer's status and JSON."""
        return self._answer(method, path, b"" if body is None else json.dumps(body).encode(), **headers)

    def ask_with(self, body: bytes) -> Any:
        """Send bytes, whatever they are, as a user to make."""
        return self._answer("POST", "Users", body)

    def _answer(self, method: str, path: str, body: bytes, **headers: str) -> Any:
        answer: Any = Client().generic(
            method,
            f"/scim/{self.connection.pk}/v2/{path}",
            body,
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )
        answer.said = json.loads(answer.content) if answer.content else None
        return answer

    def make(self, user_name: str, **values: Any) -> dict[str, Any]:
        """Make a user."""
        answer = self.ask("POST", "Users", {"schemas": [USER], "userName": user_name, **values})
        assert answer.status_code == 201, answer.said
        return dict(answer.said)

    def change(self, path: str, *operations: dict[str, Any]) -> Any:
        """Patch something."""
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
def provisioner(connect: Connect, root: Department, boss: User) -> Provisioner:  # noqa: F811 - the fixtures
    """A SCIM connection of the company that makes groups in its root department."""
    rates._buckets.clear()
    connection = connect(root.tenant, "scim", department=root)
    return Provisioner(connection, make_token(boss, connection_id=connection.pk, now=NOW))
