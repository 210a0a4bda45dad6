"""What a service refuses in a list or while deleting is a message, and what was begun is undone."""

from typing import Any

import pytest
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory

from apps.common.admin import SystemAdmin
from apps.common.errors import InvalidInput
from apps.tenants.models import Tenant


def refuse(*_args: Any, **_options: Any) -> None:
    raise InvalidInput(field="name", reason="is odd")


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
