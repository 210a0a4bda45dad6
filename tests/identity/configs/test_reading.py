"""What is stored of settings comes back as they were."""

import pytest

from apps.identity.configs.federated import WecomConfig
from apps.identity.configs.reading import FEDERATED, read_config, written_config
from apps.identity.errors import ConnectionUnset
from apps.identity.models import Connection


def test_settings_come_back_and_defaults_are_not_stored() -> None:
    config = WecomConfig(client_id="ww", agent_id="1")

    assert written_config(config) == {"client_id": "ww", "agent_id": "1"}
    assert read_config(written_config(config), WecomConfig) == config


def test_what_is_not_right_is_refused_by_name() -> None:
    with pytest.raises(ConnectionUnset, match="client_id"):
        read_config({"agent_id": "1"}, WecomConfig)


def test_every_kind_but_directories_has_a_form() -> None:
    assert set(FEDERATED) == set(Connection.Kind.values) - {"ldap", "scim"}
