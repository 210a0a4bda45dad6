"""Nothing of django-allauth is in the admin."""

from django.apps import apps
from django.contrib import admin


def test_its_models_have_no_pages() -> None:
    for label in ("account", "socialaccount"):
        for model in apps.get_app_config(label).get_models():
            assert not admin.site.is_registered(model)
