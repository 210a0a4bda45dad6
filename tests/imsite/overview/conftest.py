"""The admin's small world, and what its administrators read at the first page."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from imsite.overview import read_overview
from imsite.overview.page import Overview
from tests.admin.world import World, make_world


class Reader:
    """Reads the first page as the administrators of a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def request(self, level: str) -> HttpRequest:
        request = RequestFactory().get("/admin/")
        request.user = self.world.admins[level]
        return request

    def page(self, level: str) -> Overview:
        return read_overview(self.request(level), now=timezone.now())

    def figures(self, level: str) -> dict[str, dict[str, str]]:
        """The values by their labels, by the title of their group."""
        return {
            group.title: {figure.label: figure.value for figure in group.figures} for group in self.page(level).groups
        }

    def alerts(self, level: str) -> list[str]:
        return [notice.text for notice in self.page(level).alerts]

    def waiting(self, level: str) -> list[str]:
        return [notice.text for notice in self.page(level).waiting]


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def reader(world: World) -> Reader:
    return Reader(world)
