"""IM_LAYER chooses among layers that can really be made."""

import importlib.util
from typing import Any

import pytest
from channels.layers import ChannelLayerManager
from django.utils.module_loading import import_string

from imsite.env import Environment, SettingError
from imsite.settings.layers import channel_layer

DATABASE: dict[str, Any] = {
    "NAME": "d",
    "USER": "u",
    "PASSWORD": "p",
    "HOST": "h",
    "PORT": 1,
    "OPTIONS": {"pool": {}, "sslmode": "x"},
}


@pytest.mark.parametrize("layer", ["slots", "inprocess", "redis", "postgres"])
def test_the_module_of_every_layer_exists(layer: str) -> None:
    entry = channel_layer(Environment({"IM_LAYER": layer}), DATABASE)

    assert importlib.util.find_spec(entry["BACKEND"].rpartition(".")[0]) is not None


def test_the_cluster_is_the_default() -> None:
    assert channel_layer(Environment({}), DATABASE)["BACKEND"] == "apps.cluster.layer.SlotChannelLayer"


def test_redis_is_reached_where_it_is_said_to_be() -> None:
    entry = channel_layer(Environment({"IM_LAYER": "redis", "IM_REDIS_URL": "redis://r.example/3"}), DATABASE)

    assert entry["CONFIG"]["hosts"] == ["redis://r.example/3"]


def test_the_layer_in_postgresql_brings_its_own_pool() -> None:
    entry = channel_layer(Environment({"IM_LAYER": "postgres"}), DATABASE)

    assert entry["CONFIG"]["OPTIONS"] == {"sslmode": "x"}
    assert "pool" in DATABASE["OPTIONS"]


def test_the_layer_in_postgresql_can_be_made() -> None:
    entry = channel_layer(Environment({"IM_LAYER": "postgres"}), DATABASE)

    layer = import_string(entry["BACKEND"])(**entry["CONFIG"])

    assert "groups" in layer.extensions


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(SettingError, match="channels-redis"):
        channel_layer(Environment({"IM_LAYER": "redis"}), DATABASE)


def test_the_suite_itself_runs_in_one_process() -> None:
    backend = ChannelLayerManager().configs["default"]["BACKEND"]

    assert backend == "apps.events.inprocess.InProcessLayer"
