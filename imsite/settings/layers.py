"""The channel layer behind each value of IM_LAYER."""

import importlib.util
from collections.abc import Mapping
from typing import Any

from imsite.env import Environment, SettingError
from imsite.phrases import phrase


def channel_layer(env: Environment, database: Mapping[str, Any]) -> dict[str, Any]:
    """Return Django's entry for the layer. Raises SettingError when its package is missing."""
    match env.layer:
        case "slots":
            return {"BACKEND": "apps.cluster.layer.SlotChannelLayer"}
        case "postgres":
            options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
            return {
                "BACKEND": "channels_postgres.core.PostgresChannelLayer",
                "CONFIG": {**database, "OPTIONS": options, "TIME_ZONE": None},
            }
        case "redis":
            if importlib.util.find_spec("channels_redis") is None:
                raise SettingError(
                    phrase("IM_LAYER=redis needs a package that is not installed: pip install channels-redis")
                )
            return {
                "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
                "CONFIG": {"hosts": [env.redis_url]},
            }
        case _:
            return {"BACKEND": "apps.events.inprocess.InProcessLayer"}
