"""For whom this code asks the database: for one tenant, or for the installation as a whole.

A request begins as nobody's: who makes it has to be looked up among all tenants. As soon as that is known it is bound,
for its rest. Commands, tests and the node's own work are bound to nobody.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar
from uuid import UUID

T = TypeVar("T")


class Binding:
    """Whom one request is bound to. Shared by all threads and tasks that work on the request."""

    __slots__ = ("tenant_id",)

    def __init__(self, tenant_id: UUID | None = None) -> None:
        self.tenant_id = tenant_id


_current: Final[ContextVar[Binding | None]] = ContextVar("imsite_binding", default=None)


def bound_to() -> UUID | None:
    """Return the tenant whose rows alone may be seen; None for all."""
    binding = _current.get()
    return None if binding is None else binding.tenant_id


def bind(tenant_id: UUID) -> None:
    """Bind the request that runs here to a tenant, until it ends. Outside of a request nothing happens."""
    binding = _current.get()
    if binding is not None:
        binding.tenant_id = tenant_id


@contextmanager
def request_binding() -> Iterator[Binding]:
    """Within this, a request runs: it may be bound, and is free of what was bound around it."""
    binding = Binding()
    with _as_current(binding):
        yield binding


@contextmanager
def bound(tenant_id: UUID) -> Iterator[None]:
    """Within this, only the rows of one tenant can be seen."""
    with _as_current(Binding(tenant_id)):
        yield


@contextmanager
def unbound() -> Iterator[None]:
    """Within this, the wall does not bind: for queries that name their tenant and would be too dear with it.

    A condition that PostgreSQL does not trust to keep secrets (LIKE, the operators of arrays) can't use an index on a
    table that the wall is around, because it would see rows of others before the wall does.
    """
    with _as_current(None):
        yield


def rebound(binding: Binding, items: Iterable[T]) -> Iterator[T]:
    """Make each item within a request's binding, also after the request has been answered: streamed answers."""
    iterator = iter(items)
    while True:
        with _as_current(binding):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item


@contextmanager
def _as_current(binding: Binding | None) -> Iterator[None]:
    token = _current.set(binding)
    try:
        yield
    finally:
        _current.reset(token)
