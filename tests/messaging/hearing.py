"""A channel layer that remembers what it was handed: what members would hear, and when."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import channel_layers

from apps.events.publish import user_group


class Heard:
    """Stands in for the project's channel layer. `look` is called at each publication."""

    def __init__(self) -> None:
        self.sent: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.look: Callable[[], Any] = lambda: None
        self.seen: list[Any] = []

    async def group_send_many(self, groups: Sequence[str], message: dict[str, Any]) -> None:
        """The one call that publishing makes on a layer with this extension."""
        self.sent.append((tuple(groups), message))
        self.seen.append(self.look())

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The frames in the order in which they were published."""
        return [msgspec.json.decode(message["frame"]) for _, message in self.sent]

    @property
    def audiences(self) -> list[set[str]]:
        """The groups of each publication."""
        return [set(groups) for groups, _ in self.sent]


def groups_of(*user_ids: UUID) -> set[str]:
    return {user_group(user_id) for user_id in user_ids}


@contextmanager
def hearing() -> Iterator[Heard]:
    """Put it in the place of the project's layer."""
    before = channel_layers.backends.get("default")
    heard = Heard()
    channel_layers.set("default", heard)
    try:
        yield heard
    finally:
        channel_layers.backends.pop("default", None)
        if before is not None:
            channel_layers.set("default", before)
