"""Addresses of the directory in the REST API are part of its contract."""

import pytest
from django.urls import resolve, reverse

USER = "0198e2a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "kwargs", "path"),
    [
        ("users", {}, "/api/v1/users"),
        ("user_by_login", {}, "/api/v1/users/by-login"),
        ("user", {"user": USER}, f"/api/v1/users/{USER}"),
        ("contacts", {}, "/api/v1/contacts"),
        ("organisations", {}, "/api/v1/organisations"),
        ("departments-bulk", {}, "/api/v1/departments/bulk"),
        ("person-placements", {"user": USER}, f"/api/v1/people/{USER}/placements"),
        ("import-apply", {"source": USER}, f"/api/v1/imports/{USER}/apply"),
        ("contact", {"user": USER}, f"/api/v1/contacts/{USER}"),
    ],
)
def test_addresses_stay_what_they_are(name: str, kwargs: dict[str, str], path: str) -> None:
    assert reverse(name, kwargs=kwargs) == path
    assert resolve(path).url_name == name
