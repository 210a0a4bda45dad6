"""The abstract base of rows with a key of ours."""

from apps.common.ids import new_id
from apps.common.models import Identified, KeptAnswer, Versioned
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


def test_a_kept_answer_is_known_by_whose_key_it_is() -> None:
    user_id = new_id()

    assert str(KeptAnswer(user_id=user_id, key="b1c2")) == f"{user_id} b1c2"
