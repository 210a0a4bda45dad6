"""What the tests of the Chinese parties share."""

from typing import Any

from django.test import Client

from apps.identity.models import Connection
from tests.identity.conftest import came_back, left
from tests.identity.parties import Party


def attempt(client: Client, connection: Connection, party: Party, *, code_name: str = "code") -> Any:
    """Leave, and come back with a code."""
    code, state = party.issue_code(left(client, connection))
    return came_back(client, connection, **{code_name: code, "state": state})
