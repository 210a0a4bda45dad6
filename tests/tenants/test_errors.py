"""The catalogue of tenants' refusals."""

from apps.tenants.errors import SlugTaken, TenantNotFound


def test_each_refusal_names_the_short_name() -> None:
    assert "acme" in TenantNotFound(slug="acme").text
    assert "acme" in SlugTaken(slug="acme").text


def test_codes_and_statuses_are_stable() -> None:
    assert (TenantNotFound.code, TenantNotFound.status) == ("tenant_not_found", 404)
    assert (SlugTaken.code, SlugTaken.status) == ("slug_taken", 409)
