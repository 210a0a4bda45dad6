"""The addresses of coming in are open, those of what one has are for who is in, and none is a link that changes."""

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["login", "reset"])
def test_the_door_is_open(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}/").status_code == 200


@pytest.mark.parametrize("path", ["password", "factors", "factors/codes", "confirm"])
def test_ones_own_pages_lead_to_it(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}/").headers["Location"] == f"/accounts/login/?next=/accounts/{path}/"


@pytest.mark.parametrize("path", ["factors/codes/remove", "factors/recovery", "passkeys/challenge", "passkeys/answer"])
def test_what_changes_something_is_posted(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}/").status_code == 405
