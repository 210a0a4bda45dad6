"""Addresses of conversations in the REST API are part of its contract."""

import pytest
from django.urls import resolve, reverse

ID = "0198e2a0-0000-7000-8000-000000000001"
ONE = {"conversation": ID}


@pytest.mark.parametrize(
    ("name", "kwargs", "path"),
    [
        ("conversations", {}, "/api/v1/conversations"),
        ("conversation", ONE, f"/api/v1/conversations/{ID}"),
        ("members", ONE, f"/api/v1/conversations/{ID}/members"),
        ("member", {**ONE, "user": ID}, f"/api/v1/conversations/{ID}/members/{ID}"),
        ("events", ONE, f"/api/v1/conversations/{ID}/events"),
        ("blocks", {}, "/api/v1/blocks"),
        ("block", {"user": ID}, f"/api/v1/blocks/{ID}"),
        ("cursor", ONE, f"/api/v1/conversations/{ID}/cursor"),
    ],
)
def test_addresses_stay_what_they_are(name: str, kwargs: dict[str, str], path: str) -> None:
    assert reverse(name, kwargs=kwargs) == path
    assert resolve(path).url_name == name
