"""The abstract base of rows with a key of ours."""

from apps.common.models import Identified, Versioned
from apps.tenants.models import Tenant


def test_a_row_has_its_key_before_it_is_stored() -> None:
    tenant = Tenant(slug="acme", name="Acme")

    assert isinstance(tenant, Identified)
    assert tenant.id.version == 7


def test_two_rows_never_share_a_key() -> None:
    assert Tenant().id != Tenant().id


def test_the_base_has_no_table_of_its_own() -> None:
    assert Identified._meta.abstract


def test_a_versioned_row_counts_from_one() -> None:
    assert Versioned._meta.abstract
    assert Versioned._meta.get_field("version").get_default() == 1
