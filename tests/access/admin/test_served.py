"""A form asks a service; what that refuses is said beside what was typed."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.http import HttpRequest

from apps.access.admin.served import ServedAdmin, ServedForm
from apps.access.errors import NotPermitted
from apps.accounts.models import Terminal, User
from apps.accounts.units import TERMINALS_REVOKE, TERMINALS_VIEW
from apps.common.errors import ImError, InvalidInput
from tests.access.admin.conftest import Ask


class Page(ServedAdmin[Terminal]):
    """Names terminals."""

    view_unit = TERMINALS_VIEW
    change_unit = TERMINALS_REVOKE
    fields = ("name", "version")
    refusal: ImError | None = None

    def perform(self, request: HttpRequest, form: Any, *, change: bool) -> Terminal:
        Terminal.unscoped.filter(pk=form.instance.pk).update(name=form.cleaned_data["name"])
        if self.refusal is not None:
            raise self.refusal
        return Terminal.unscoped.get(pk=form.instance.pk)


@pytest.fixture
def form_page() -> Page:
    return Page(Terminal, admin.site)


def post(page: Page, request: HttpRequest, terminal: Terminal) -> Any:
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    answer = page.changeform_view(request, str(terminal.pk))
    terminal.refresh_from_db()
    return answer


def test_the_service_carries_it_out(form_page: Page, ask: Ask, boss: User, own: Terminal) -> None:
    answer = post(form_page, ask(boss, "post", name="Renamed"), own)

    assert answer.status_code == 302
    assert own.name == "Renamed"


@pytest.mark.parametrize(
    ("refusal", "field", "text"),
    [
        (InvalidInput(field="name", reason="is odd"), "name", "is odd"),
        (InvalidInput(field="elsewhere", reason="is odd"), "__all__", "elsewhere: is odd"),
        (NotPermitted(unit="x.y.z"), "__all__", "You may not do this here: it needs the permission x.y.z."),
    ],
)
def test_a_refusal_is_said_and_undone_and_the_typed_stays(
    form_page: Page, ask: Ask, boss: User, own: Terminal, refusal: ImError, field: str, text: str
) -> None:
    form_page.refusal = refusal

    answer = post(form_page, ask(boss, "post", name="Renamed"), own)

    form = answer.context_data["adminform"].form
    assert answer.status_code == 200
    assert dict(form.errors) == {field: [text]}
    assert form["name"].value() == "Renamed"
    assert own.name == "own"


def test_a_row_without_versions_has_none_to_remember(form_page: Page, ask: Ask, boss: User, own: Terminal) -> None:
    answer = form_page.changeform_view(ask(boss), str(own.pk))

    assert answer.context_data["adminform"].form["version"].value() is None  # type: ignore[attr-defined]


def test_whoever_forgets_the_service_hears_of_it(ask: Ask, boss: User) -> None:
    class Forgetful(ServedAdmin[Terminal]):
        view_unit = TERMINALS_VIEW

    with pytest.raises(NotImplementedError):
        Forgetful(Terminal, admin.site).perform(ask(boss), None, change=False)


def test_labels_begin_as_those_of_models_do(own: Terminal) -> None:
    class Named(ServedForm):
        name = forms.CharField(label="what people call it")

        class Meta:
            model = Terminal
            fields = ("name",)

    assert str(Named(instance=own)["name"].label) == "What people call it"
