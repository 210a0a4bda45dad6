"""Addresses of tenants are part of the API's contract."""

from django.urls import reverse


def test_addresses_stay_what_they_are() -> None:
    assert reverse("tenants") == "/api/v1/tenants"
