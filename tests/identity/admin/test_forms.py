"""Each kind's form has its settings, with what they are by default."""

import pytest

from apps.identity.admin.forms import form_for, settings_of
from apps.identity.configs.reading import FEDERATED
from apps.identity.models import Connection


@pytest.mark.parametrize("kind", sorted(FEDERATED))
def test_every_setting_of_a_kind_has_a_labelled_field(kind: str) -> None:
    fields = form_for(Connection(kind=kind), address="https://here.test/").base_fields

    own = {name.removeprefix("set_") for name in fields if name.startswith("set_")}
    assert own == set(FEDERATED[kind].__struct_fields__)
    assert all(fields[f"set_{name}"].label for name in own)
    assert fields["address"].initial == "https://here.test/"


def test_what_is_left_empty_has_its_default() -> None:
    assert settings_of({"name": "n", "set_issuer": "i", "set_scopes": "a b", "set_id_claim": ""}) == {
        "issuer": "i",
        "scopes": ["a", "b"],
    }
