"""A clock that only tests move."""


class Clock:
    """Seconds since some moment, as `time.monotonic` gives them; `now` is set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
