"""App configuration."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Shared foundations: errors, ids, clock, abstract models."""

    name = "apps.common"
