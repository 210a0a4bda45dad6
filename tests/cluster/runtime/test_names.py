"""Host names for sockets that cannot wait."""

import asyncio
import socket
from typing import Any

import pytest

from apps.cluster.runtime import names as module
from apps.cluster.runtime.names import KEEP_MS, Names, family_of


class Resolver:
    """Answers what it is told to, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.ip: str | None = "192.0.2.1"
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.resolve)

    async def resolve(self, host: str, port: object, **_: Any) -> list[Any]:
        self.asked.append(host)
        if self.ip is None:
            raise OSError("unknown")
        return [(0, 0, 0, "", (self.ip, 0))]


async def test_an_address_needs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver, names = Resolver(monkeypatch), Names(lambda: 0)

    assert [names.find("127.0.0.1"), names.find("::1")] == ["127.0.0.1", "::1"]
    assert resolver.asked == []


async def test_a_name_is_asked_for_once_and_again_when_its_answer_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    resolver, names = Resolver(monkeypatch), Names(lambda: now[0])

    first = names.find("node-0")
    await asyncio.gather(*names._tasks)
    second = names.find("node-0")
    now[0], resolver.ip = KEEP_MS, "192.0.2.2"
    stale = names.find("node-0")
    await asyncio.gather(*names._tasks)

    assert (first, second, stale, names.find("node-0")) == (None, "192.0.2.1", "192.0.2.1", "192.0.2.2")
    assert resolver.asked == ["node-0"] * 2


async def test_a_name_without_an_answer_is_not_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    resolver, names = Resolver(monkeypatch), Names(lambda: now[0])
    resolver.ip = None

    for now[0] in (0, 1, KEEP_MS):
        assert names.find("nobody") is None
        await asyncio.gather(*names._tasks)

    assert len(resolver.asked) == 2


async def test_names_are_bounded_and_asking_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NAMES_MAX", 2)
    Resolver(monkeypatch)
    names = Names(lambda: 0)

    for number in range(4):
        names.find(f"node-{number}")
    await names.close()

    assert list(names._answers) == ["node-2", "node-3"]


def test_a_host_has_one_kind_of_socket() -> None:
    kinds = [family_of(host) for host in ("0.0.0.0", "localhost", "node-0", "::", "::1")]

    assert kinds == [socket.AF_INET] * 3 + [socket.AF_INET6] * 2
