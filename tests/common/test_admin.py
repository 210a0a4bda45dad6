"""What a service refuses in a list or while deleting is a message, and what was begun is undone."""

from typing import Any

import pytest
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory

from apps.accounts.models import User
from apps.common.admin import ReadOnlyAdmin, ReadOnlyTable, SystemAdmin
from apps.common.errors import InvalidInput
from apps.tenants.models import Host, Tenant


def refuse(*_args: Any, **_options: Any) -> None:
    raise InvalidInput(field="name", reason="is odd")


class Shown(ReadOnlyTable[Host, Tenant]):
    model = Host


@pytest.fixture
def request_of_somebody(rf: RequestFactory) -> HttpRequest:
    request: HttpRequest = rf.post("/admin/somewhere/?q=1")
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(
    ("view", "arguments"),
    [("changelist_view", ()), ("delete_view", ("x",)), ("changeform_view", ("x",))],
)
def test_a_refusal_is_said_on_the_page_one_was_on(
    request_of_somebody: HttpRequest, monkeypatch: pytest.MonkeyPatch, view: str, arguments: tuple[str, ...]
) -> None:
    from django.contrib import admin

    monkeypatch.setattr(ModelAdmin, view, refuse)
    page: SystemAdmin[Tenant] = SystemAdmin(Tenant, admin.site)

    answer = getattr(page, view)(request_of_somebody, *arguments)

    said = [(message.level, str(message)) for message in messages.get_messages(request_of_somebody)]
    assert (answer.status_code, answer["Location"]) == (302, "/admin/somewhere/?q=1")
    assert said == [(messages.ERROR, "name: is odd")]


def test_what_only_shows_is_changed_by_nobody_whatever_she_may(rf: RequestFactory) -> None:
    page: ReadOnlyAdmin[Tenant] = ReadOnlyAdmin(Tenant, AdminSite())
    table: ReadOnlyTable[Host, Tenant] = Shown(Tenant, AdminSite())
    request = rf.get("/admin/")
    request.user = User(is_superuser=True)

    for shown in (page, table):
        assert not shown.has_change_permission(request)
        assert not shown.has_delete_permission(request)
    assert not page.has_add_permission(request)
    assert not table.has_add_permission(request)
