"""Patches of the administrators' API."""

from apps.orgs.api.structs import OrganisationPatch, given


def test_what_is_left_out_or_null_stays() -> None:
    assert given(OrganisationPatch(code="", sort=0)) == {"code": "", "sort": 0}
    assert given(OrganisationPatch()) == {}
