"""The world of the admin's tests, at the pages of the directory."""

from collections.abc import Iterator

import pytest
from django.test import Client

from apps.accounts.services.sign_in import guard
from tests.admin.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def pages(world: World) -> dict[str, Client]:
    """The browsers of the admins, by level; of the superuser; and of somebody without powers."""
    return {level: world.client(level) for level in world.admins}


@pytest.fixture(autouse=True)
def _open_doors() -> Iterator[None]:
    guard.clear()
    yield
    guard.clear()
