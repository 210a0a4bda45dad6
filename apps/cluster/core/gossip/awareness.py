"""How well this node can trust its own failures to hear from others (Lifeguard §IV-A)."""


class Awareness:
    """A score from 0, healthy, to below `most`. Timeouts of probes are stretched by the score plus one."""

    def __init__(self, most: int) -> None:
        self.score = 0
        self._most = most

    def worse(self, by: int = 1) -> None:
        """Something went wrong that may be this node's fault."""
        self.score = min(self.score + by, self._most - 1)

    def better(self) -> None:
        """A probe was answered."""
        self.score = max(self.score - 1, 0)

    def stretch(self, duration_ms: int) -> int:
        """Return how long to wait instead."""
        return duration_ms * (self.score + 1)
