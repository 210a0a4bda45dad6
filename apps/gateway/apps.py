"""App configuration."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """The WebSocket edge."""

    name = "apps.gateway"
