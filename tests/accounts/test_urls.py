"""Addresses of accounts in the REST API are part of its contract."""

import pytest
from django.urls import resolve, reverse

SOME_ID = "0198e2a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "kwargs", "path"),
    [
        ("me", {}, "/api/v1/me"),
        ("applications", {}, "/api/v1/applications"),
        ("application", {"application": SOME_ID}, f"/api/v1/applications/{SOME_ID}"),
        ("application-secret", {"application": SOME_ID}, f"/api/v1/applications/{SOME_ID}/secret"),
    ],
)
def test_addresses_stay_what_they_are(name: str, kwargs: dict[str, str], path: str) -> None:
    assert reverse(name, kwargs=kwargs) == path
    assert resolve(path).url_name == name
