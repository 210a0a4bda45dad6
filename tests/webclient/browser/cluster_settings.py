"""For nodes that browsers visit: the settings of the tests, and the channel layer that the environment names."""

from imsite.settings.layers import channel_layer
from imsite.settings.test import *  # noqa: F403 - settings modules inherit by name
from imsite.settings.test import DATABASES, env

CHANNEL_LAYERS = {"default": channel_layer(env, DATABASES["default"])}
