"""From where the change comes that this thread or task is making: set at the edge, read by `services.record`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from. `via` is one of `models.Entry.Via`."""

    via: str
    address: str = ""
    request_id: str = ""


NOWHERE: Final = Origin(via="system")
"""What no edge claims, the system does by itself."""

_current: Final[ContextVar[Origin]] = ContextVar("audit_origin", default=NOWHERE)


def current_origin() -> Origin:
    """Return where the change comes from that is being made."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let changes made inside come from `origin`."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
