"""Host names for sockets that cannot wait."""

import asyncio
import socket
from typing import Any

import pytest

from apps.cluster.runtime import names as module
from apps.cluster.runtime.names import KEEP_MS, Names, OtherFamily, family_of, require_family, written


class Resolver:
    """Answers what it is told to, and counts."""

    found: list[tuple[socket.AddressFamily, str]]

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.found = [(socket.AF_INET, "192.0.2.1")]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.resolve)

    async def resolve(self, host: str, port: object, **_: Any) -> list[Any]:
        self.asked.append(host)
        if not self.found:
            raise OSError("unknown")
        return [(family, 0, 0, "", (ip, 0)) for family, ip in self.found]


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
    now[0], resolver.found = KEEP_MS, [(socket.AF_INET, "192.0.2.2")]
    stale = names.find("node-0")
    await asyncio.gather(*names._tasks)

    assert (first, second, stale, names.find("node-0")) == (None, "192.0.2.1", "192.0.2.1", "192.0.2.2")
    assert resolver.asked == ["node-0"] * 2


async def test_a_name_without_an_answer_is_not_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    resolver, names = Resolver(monkeypatch), Names(lambda: now[0])
    resolver.found = []

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


BOTH = [(socket.AF_INET6, "2001:db8::1"), (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::2")]


@pytest.mark.parametrize(
    ("family", "ip"), [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")], ids=["IPv4", "IPv6"]
)
async def test_of_a_names_addresses_the_first_of_the_sockets_kind_is_taken(
    monkeypatch: pytest.MonkeyPatch, family: socket.AddressFamily, ip: str
) -> None:
    Resolver(monkeypatch).found = BOTH
    names = Names(lambda: 0, family)

    names.find("node-0")
    await asyncio.gather(*names._tasks)

    assert names.find("node-0") == ip


async def test_a_name_that_has_only_the_other_kind_is_told_to_the_operator(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Resolver(monkeypatch).found = [(socket.AF_INET6, "2001:db8::1")]
    names = Names(lambda: 0)

    names.find("node-0")
    await asyncio.gather(*names._tasks)

    assert names.find("node-0") is None
    assert "node-0 is reached over IPv6 and this node listens over IPv4" in caplog.text


@pytest.mark.parametrize(
    ("host", "found", "kind"),
    [
        ("0.0.0.0", [], socket.AF_INET),
        ("::", [], socket.AF_INET6),
        ("::1", [], socket.AF_INET6),
        ("node-0", BOTH, socket.AF_INET),
        ("node-0", [(socket.AF_INET6, "2001:db8::1")], socket.AF_INET6),
    ],
)
async def test_a_host_has_one_kind_of_socket(
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    found: list[tuple[socket.AddressFamily, str]],
    kind: socket.AddressFamily,
) -> None:
    Resolver(monkeypatch).found = found

    assert await family_of(host) == kind


async def test_a_name_without_an_address_of_either_kind_cannot_be_listened_at(monkeypatch: pytest.MonkeyPatch) -> None:
    Resolver(monkeypatch).found = [(socket.AF_UNIX, "/run/node")]

    with pytest.raises(OSError, match="node-0 has no address"):
        await family_of("node-0")


def test_addresses_of_the_other_kind_are_refused_and_names_are_not() -> None:
    require_family(socket.AF_INET, ["", "node-0", "127.0.0.1"])
    require_family(socket.AF_INET6, ["node-0", "::1"])

    with pytest.raises(OtherFamily, match="::1 is reached over IPv6 and this node listens over IPv4"):
        require_family(socket.AF_INET, ["127.0.0.1", "::1"])
    with pytest.raises(OtherFamily, match="over IPv4 and this node listens over IPv6"):
        require_family(socket.AF_INET6, ["127.0.0.1"])


def test_addresses_are_written_so_that_the_port_can_be_told() -> None:
    assert [written(("node-0", 1)), written(("127.0.0.1", 2)), written(("::1", 3))] == [
        "node-0:1",
        "127.0.0.1:2",
        "[::1]:3",
    ]
