"""A node served by our own edge server."""

import asyncio
import resource
import socket
import sys

import pytest

from apps.edge import EdgeServer
from imsite.serving import im_node
from imsite.serving.im_node import raise_open_files, serve_im
from imsite.serving.lifetime import StopRequest
from tests.imsite.serving.node_suite import NodeSuite


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
class TestImNode(NodeSuite):
    server = "im"


def test_a_node_drains_the_gateway_between_its_last_connection_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    _watch_steps(monkeypatch, steps)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    serve_im([listener], until_stdin_closes=False)

    assert steps == ["gateway opened", "listening", "no more connections", "gateway drained", "stopped"]


def _watch_steps(monkeypatch: pytest.MonkeyPatch, steps: list[str]) -> None:
    async def opened(_stop: StopRequest) -> None:
        steps.append("gateway opened")

    async def drained() -> None:
        steps.append("gateway drained")

    async def asked_at_once(_stop: StopRequest) -> None:
        await asyncio.sleep(0)

    class Watched(EdgeServer):
        async def start(self, listeners: list[socket.socket]) -> None:  # type: ignore[override]
            await super().start(listeners)
            steps.append("listening")

        def stop_listening(self) -> None:
            if steps[-1] == "listening":
                steps.append("no more connections")
            super().stop_listening()

        async def stop(self) -> None:
            await super().stop()
            steps.append("stopped")

    monkeypatch.setattr(im_node, "EdgeServer", Watched)
    monkeypatch.setattr(im_node, "open_gateway", opened)
    monkeypatch.setattr(im_node, "drain_gateway", drained)
    monkeypatch.setattr(StopRequest, "listen", lambda *_arguments, **_options: None)
    monkeypatch.setattr(StopRequest, "wait", asked_at_once)


def test_a_process_may_have_as_many_open_files_as_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_024, 20_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: asked.append(limits))

    assert raise_open_files() == 20_000
    assert asked == [(20_000, 20_000)]


def test_a_limit_that_cannot_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_kind: int, _limits: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)

    assert raise_open_files() == 256


def test_no_limit_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    assert raise_open_files() == 0


def test_a_system_without_such_limits_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert raise_open_files() == 0
