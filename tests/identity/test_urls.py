"""Addresses that are registered at other parties stay as they are."""

from uuid import UUID

import pytest
from django.urls import reverse


@pytest.mark.parametrize(
    ("name", "path"),
    [("identity-callback", "callback/"), ("identity-saml", "saml/"), ("identity-saml-metadata", "saml/metadata/")],
)
def test_the_addresses_people_come_back_to(name: str, path: str) -> None:
    number = UUID(int=1)

    assert reverse(name, args=[number]) == f"/accounts/via/{number}/{path}"
