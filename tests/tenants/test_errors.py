"""The catalogue of tenants' refusals."""

from apps.tenants.errors import (
    HostTaken,
    SlugTaken,
    SystemTenantStays,
    TenantConflict,
    TenantNotFound,
    UsersLimit,
    WrongStatus,
    WrongTenant,
)


def test_each_refusal_names_the_short_name() -> None:
    assert "acme" in TenantNotFound(slug="acme").text
    assert "acme" in SlugTaken(slug="acme").text


def test_codes_and_statuses_are_stable() -> None:
    assert (TenantNotFound.code, TenantNotFound.status) == ("tenant_not_found", 404)
    assert (SlugTaken.code, SlugTaken.status) == ("slug_taken", 409)


def test_every_refusal_has_a_code_and_a_text_of_its_own() -> None:
    fields: dict[str, str | int] = {"slug": "acme", "host": "im.acme", "state": "active", "limit": 3, "adding": 1}
    refusals = [
        HostTaken(**fields),
        TenantConflict(**fields),
        WrongTenant(**fields),
        SystemTenantStays(),
        WrongStatus(**fields),
        UsersLimit(**fields),
    ]

    assert [refusal.code for refusal in refusals] == [
        "host_taken",
        "tenant_conflict",
        "wrong_tenant",
        "system_tenant_stays",
        "tenant_status",
        "tenant_users_limit",
    ]
    assert len({refusal.text for refusal in refusals}) == len(refusals)
    assert all("%(" not in refusal.text for refusal in refusals)
