"""Addresses of SCIM."""

from uuid import UUID

from django.urls import reverse

BASE = "/scim/00000000-0000-0000-0000-000000000001/v2/"
KEY = {"connection": UUID(int=1)}


def test_they_are_those_that_clients_expect() -> None:
    assert reverse("scim:users", kwargs=KEY) == f"{BASE}Users"
    assert reverse("scim:group", kwargs={**KEY, "key": "g"}) == f"{BASE}Groups/g"
    assert reverse("scim:search", kwargs={**KEY, "kind": "Users"}) == f"{BASE}Users/.search"
    assert reverse("scim:discovery", kwargs={**KEY, "what": "Schemas"}) == f"{BASE}Schemas"
