"""App configuration."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The one door to the channel layer."""

    name = "apps.events"
