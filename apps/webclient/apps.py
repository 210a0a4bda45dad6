"""App configuration."""

from django.apps import AppConfig


class WebclientConfig(AppConfig):
    """Serves the web chat client."""

    name = "apps.webclient"
