"""A state that is told commands the way a log would."""

from dataclasses import dataclass, field

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state import ClusterState, Command, Envelope, Outcome, PutMember

FIRST = NodeId(1)


@dataclass
class Log:
    """Applies commands one by one; time stands still unless told otherwise."""

    state: ClusterState = field(default_factory=lambda: ClusterState.founded("c1"))
    request: int = 0

    def do(
        self,
        command: Command,
        *,
        origin: NodeId = FIRST,
        request: int | None = None,
        version: int = 1,
        after_ms: int = 0,
    ) -> Outcome:
        self.request += 1
        envelope = Envelope(version, origin, self.request if request is None else request, command)
        return self.state.apply(self.state.index + 1, self.state.time_ms + after_ms, envelope.encode())

    def join(self, *nodes: NodeId, version: int = 1) -> None:
        for node in nodes:
            command = PutMember(node, f"n{node}", "127.0.0.1", 8002, 8003, "", 100, version)
            assert not self.do(command).code


@pytest.fixture
def log() -> Log:
    return Log()
