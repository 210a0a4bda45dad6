"""Requests are bound to the tenant of whoever makes them, and the next request is not."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.common.wall.binding import bind, bound, bound_to
from apps.tenants.middleware import BindingMiddleware

ACME, RIVAL = UUID(int=1), UUID(int=2)


def test_a_request_is_bound_by_its_view_and_leaves_nothing_behind() -> None:
    seen = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(bound_to())
        bind(ACME)
        seen.append(bound_to())
        return HttpResponse()

    serve = BindingMiddleware(view)
    serve(HttpRequest())
    serve(HttpRequest())

    assert seen == [None, ACME, None, ACME]
    assert bound_to() is None


def test_a_request_does_not_inherit() -> None:
    with bound(RIVAL):
        BindingMiddleware(lambda _request: HttpResponse(str(bound_to())))(HttpRequest())

        assert bound_to() == RIVAL


def test_asynchronous_views_are_bound_as_well() -> None:
    async def view(_request: HttpRequest) -> HttpResponse:
        await sync_to_async(bind)(ACME)
        return HttpResponse(str(bound_to()))

    async def serve() -> tuple[bytes, UUID | None]:
        answer = BindingMiddleware(view)(HttpRequest())
        assert not isinstance(answer, HttpResponseBase)
        response = await answer
        assert isinstance(response, HttpResponse)
        return response.content, bound_to()

    assert async_to_sync(serve)() == (str(ACME).encode(), None)


def test_what_a_view_streams_is_bound_after_its_answer() -> None:
    def rows() -> Iterator[str]:
        yield str(bound_to())

    def view(_request: HttpRequest) -> StreamingHttpResponse:
        bind(ACME)
        return StreamingHttpResponse(rows())

    response = BindingMiddleware(view)(HttpRequest())

    assert isinstance(response, StreamingHttpResponse)
    assert response.getvalue() == str(ACME).encode()


@pytest.mark.parametrize("failure", [KeyError, GeneratorExit])
def test_a_view_that_fails_leaves_nothing_behind(failure: type[BaseException]) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        bind(ACME)
        raise failure

    with pytest.raises(failure):
        BindingMiddleware(view)(HttpRequest())

    assert bound_to() is None
