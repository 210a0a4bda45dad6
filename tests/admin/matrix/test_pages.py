"""Every kind of object x every level x inside and outside its scope, at every door the admin has to objects."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.admin.matrix.conftest import Matrix
from tests.admin.matrix.kinds import KINDS, sides
from tests.admin.world import LEVELS, PLACES

PAGES = {model._meta.label_lower: page for model, page in admin.site._registry.items()}


def url(label: str, name: str, *arguments: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{name}", args=arguments)


def row_of(thing: Model) -> dict[str, Any]:
    return dict(type(thing)._base_manager.filter(pk=thing.pk).values().get())


def test_every_registered_model_is_of_a_known_kind() -> None:
    assert set(KINDS) == set(PAGES)


def test_every_kind_has_an_inside_and_an_outside() -> None:
    """A matrix whose cells are all on one side would prove nothing."""
    assert {level for place in PLACES for level in PLACES[place]} == set(LEVELS)
    assert all(kind.is_seen("system", "rival") for kind in KINDS.values())
    assert not any(kind.is_seen("tenant", "rival") for kind in KINDS.values())


@pytest.mark.parametrize("level", LEVELS)
class TestEveryKind:
    def test_lists_counts_and_searches_end_at_the_scope(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)

        for label in KINDS:
            inside, outside = sides(label, matrix.things, level)
            answer = client.get(url(label, "changelist"), {"all": ""})
            if not inside:
                assert answer.status_code == 403, label
                continue
            changelist = answer.context["cl"]
            listed = {row.pk for row in changelist.result_list}
            assert listed >= {thing.pk for thing in inside.values()}, label
            assert not listed & {thing.pk for thing in outside.values()}, label
            assert changelist.result_count == changelist.queryset.count() == len(listed), label
            for place in outside:
                found = client.get(url(label, "changelist"), {"q": place}).context["cl"].result_list
                assert not {row.pk for row in found} & {thing.pk for thing in outside.values()}, (label, place)

    def test_pages_of_what_is_outside_are_not_there(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)

        for label in KINDS:
            inside, outside = sides(label, matrix.things, level)
            nowhere = 404 if inside else 403
            for name, there in (("change", {200}), ("history", {200}), ("delete", {200, 403})):
                codes = {place: client.get(url(label, name, thing.pk)).status_code for place, thing in outside.items()}
                assert set(codes.values()) <= {nowhere, 404}, (label, name, codes)
                codes = {place: client.get(url(label, name, thing.pk)).status_code for place, thing in inside.items()}
                assert set(codes.values()) <= there, (label, name, codes)

    def test_nothing_outside_is_changed_by_a_forged_form(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)

        for label in KINDS:
            _inside, outside = sides(label, matrix.things, level)
            for place, thing in outside.items():
                before = row_of(thing)
                form = {"name": "Taken over", "version": "1", "display_name": "Taken over", "plan": "small"}
                changed = client.post(url(label, "change", thing.pk), form)
                deleted = client.post(url(label, "delete", thing.pk), {"post": "yes"})
                assert changed.status_code in {403, 404}, (label, place)
                assert deleted.status_code in {403, 404}, (label, place)
                assert row_of(thing) == before, (label, place)

    def test_actions_leave_alone_what_is_outside(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)
        names = {label: [name for name in page.actions or () if isinstance(name, str)] for label, page in PAGES.items()}
        assert any(names.values())

        for label, actions in names.items():
            _inside, outside = sides(label, matrix.things, level)
            before = {place: row_of(thing) for place, thing in outside.items()}
            for action in [*actions, "delete_selected"]:
                ids = [str(thing.pk) for thing in outside.values()]
                client.post(url(label, "changelist"), {"action": action, "_selected_action": ids, "post": "yes"})
            assert {place: row_of(thing) for place, thing in outside.items()} == before, label

    def test_choices_end_at_the_scope(self, matrix: Matrix, level: str) -> None:
        request = RequestFactory().get("/admin/")
        request.user = matrix.world.admins[level]
        checked = 0

        for label, page in PAGES.items():
            if not page.has_add_permission(request):
                continue
            for name, field in page.get_form(request)().fields.items():
                if not isinstance(field, ModelChoiceField) or field.queryset is None:
                    continue
                target = field.queryset.model._meta.label_lower
                _inside, outside = sides(target, matrix.things, level)
                offered = set(field.queryset.values_list("pk", flat=True))
                assert not offered & {thing.pk for thing in outside.values()}, (label, name)
                checked += 1
        assert checked

    def test_autocompletes_end_at_the_scope(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)
        asked = 0

        for model in PAGES.values():
            for field in model.model._meta.fields:
                if not isinstance(field, ForeignKey) or field.related_model._meta.label_lower not in PAGES:
                    continue
                app, name = field.model._meta.label_lower.split(".")
                query = {"app_label": app, "model_name": name, "field_name": field.name, "term": ""}
                answer = client.get(reverse("admin:autocomplete"), query)
                if answer.status_code != 200:
                    assert answer.status_code in {403, 404}
                    continue
                _inside, outside = sides(field.related_model._meta.label_lower, matrix.things, level)
                offered = {row["id"] for row in answer.json()["results"]}
                assert not offered & {str(thing.pk) for thing in outside.values()}, (model, field.name)
                asked += 1
        assert asked

    def test_filters_by_what_is_outside_name_and_find_nothing(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)
        _inside, outside = sides("orgs.department", matrix.things, level)

        for place, department in outside.items():
            query = {"placements__department__id__exact": str(department.pk)}
            answer = client.get(url("accounts.user", "changelist"), query)
            assert answer.context["cl"].result_count == 0, place
            assert str(department) not in answer.content.decode(), place

    def test_the_first_page_and_the_menu_tell_nothing_of_what_is_outside(self, matrix: Matrix, level: str) -> None:
        client = matrix.client(level)
        outside = [place for place in PLACES if level not in PLACES[place]]

        text = client.get(reverse("admin:index")).content.decode()
        found = client.get(reverse("admin:search"), {"s": "person", "extended": "1"}).content.decode()

        for place in outside:
            assert f"{place}-person" not in text + found
            assert str(matrix.world.department_of(place)) not in text + found


def test_whoever_has_no_power_finds_no_door(matrix: Matrix) -> None:
    client: Client = matrix.client("nobody")

    for label in KINDS:
        pages = [url(label, "changelist"), url(label, "add")]
        pages += [url(label, name, matrix.things[label]["sales"].pk) for name in ("change", "history", "delete")]
        for page in pages:
            answer = client.get(page)
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("admin:login"))
