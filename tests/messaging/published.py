"""Catches what is published at the one door to the channel layer."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from apps.events.publish import Delivery


class Published:
    """Frames in the order of publishing, with the groups each went to."""

    def __init__(self, capture: Callable[..., AbstractContextManager[Any]]) -> None:
        self._capture = capture
        self.deliveries: list[Delivery] = []
        self.groups: list[set[str]] = []

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(delivery.frame) for delivery in self.deliveries]

    def add(self, groups: Sequence[str], delivery: Delivery) -> None:
        assert len(set(groups)) == len(groups)
        self.groups.append(set(groups))
        self.deliveries.append(delivery)

    @contextmanager
    def committed(self) -> Iterator[None]:
        """Run what waits for the commit, in a test whose transaction never commits."""
        with self._capture(execute=True):
            yield
