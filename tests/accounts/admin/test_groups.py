"""Django's groups have no page: they mean nothing here."""

from django.contrib import admin
from django.contrib.auth.models import Group


def test_groups_have_no_page() -> None:
    assert not admin.site.is_registered(Group)
