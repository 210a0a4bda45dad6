"""Groups hold permissions, so only superusers touch them."""

from collections.abc import Callable

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User

ADD = "admin:auth_group_add"


def test_a_superuser_makes_groups(admin_pages: Client) -> None:
    admin_pages.post(reverse(ADD), {"name": "Support"})

    assert Group.objects.filter(name="Support").exists()


def test_staff_cannot_even_with_the_permission(helper_pages: Client, helper: User, grant: Callable[..., None]) -> None:
    grant(helper, "add_group", "change_group", "view_group", "delete_group")
    group = Group.objects.create(name="Support")
    page = reverse("admin:auth_group_change", args=[group.pk])

    codes = [
        helper_pages.post(reverse(ADD), {"name": "Mine"}).status_code,
        helper_pages.post(page, {"name": "Mine"}).status_code,
        helper_pages.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code,
    ]

    assert codes == [403, 403, 403]
    assert list(Group.objects.values_list("name", flat=True)) == ["Support"]
