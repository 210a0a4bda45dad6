"""What the layer needs of a node's control plane."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import View
from apps.cluster.core.routing import RoutingConfig
from apps.cluster.runtime.keyring import KeyRing


class ClusterNode(Protocol):
    """A running node, as `services.Cluster` is one."""

    @property
    def node(self) -> NodeId:
        """Its id."""

    def subscribe(self, callback: Callable[[View | None, int], None], loop: asyncio.AbstractEventLoop) -> Any:
        """Have `callback(view, serving_until_ms)` called in `loop`, soon and after changes."""

    def unsubscribe(self, subscription: Any) -> None:
        """Never call it again."""

    def confirm(self, index: int) -> None:
        """The view of this index is in force in the data plane."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A node's place in the data plane: who it is, with which keys, and where it listens (port 0 takes a free one)."""

    cluster: ClusterNode
    keys: KeyRing
    host: str = "127.0.0.1"
    port: int = 0
    config: RoutingConfig | None = None
    rng: random.Random | None = None
