"""The world and everything in it, made once per test: each test goes through all kinds for one level."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client

from apps.accounts.services.sign_in import guard
from tests.admin.matrix.kinds import Things, make_things
from tests.admin.world import World, make_world


@dataclass
class Matrix:
    """What a test needs."""

    world: World
    things: Things

    def client(self, level: str) -> Client:
        return self.world.client(level)


@pytest.fixture
def matrix(db: None) -> Iterator[Matrix]:
    guard.clear()
    world = make_world()
    yield Matrix(world, make_things(world))
    guard.clear()
