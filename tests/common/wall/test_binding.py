"""For whom code asks the database: nobody by default, one tenant within a request that is bound."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from apps.common.wall.binding import bind, bound, bound_to, rebound, request_binding, unbound

ACME, RIVAL = UUID(int=1), UUID(int=2)


def test_nobody_is_bound_and_nobody_can_be_outside_of_a_request() -> None:
    bind(ACME)

    assert bound_to() is None


def test_a_request_is_bound_until_it_ends() -> None:
    with request_binding():
        before = bound_to()
        bind(ACME)
        during = bound_to()

    assert (before, during, bound_to()) == (None, ACME, None)


def test_a_request_that_fails_is_over_too() -> None:
    def serve() -> None:
        with request_binding():
            bind(ACME)
            raise KeyError

    with pytest.raises(KeyError):
        serve()
    assert bound_to() is None


def test_a_request_is_free_of_what_was_bound_around_it() -> None:
    with bound(ACME), request_binding():
        assert bound_to() is None


def test_who_is_bound_in_a_thread_is_bound_in_the_whole_request() -> None:
    async def serve() -> UUID | None:
        with request_binding():
            await sync_to_async(bind, thread_sensitive=False)(ACME)
            return bound_to()

    assert async_to_sync(serve)() == ACME


def test_a_part_may_be_exempt() -> None:
    with bound(ACME):
        with unbound():
            inside = bound_to()
        after = bound_to()

    assert (inside, after) == (None, ACME)


def test_what_is_streamed_after_the_answer_is_bound_while_it_is_made() -> None:
    def rows() -> Iterator[UUID | None]:
        yield bound_to()
        yield bound_to()

    with request_binding() as binding:
        bind(RIVAL)
    streamed = rebound(binding, rows())

    seen = [(row, bound_to()) for row in streamed]

    assert seen == [(RIVAL, None), (RIVAL, None)]
