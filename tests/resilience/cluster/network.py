"""Hosts as network namespaces on one bridge, whose links can be cut in one direction or both.

Runs inside a network and a mount namespace of its own (`unshare --net --mount`), so nothing of it is seen outside and
all of it is gone with the process.
"""

import asyncio
import contextlib
import subprocess

BRIDGE = "imsite0"
NETWORK = "10.77.0"
HUB = f"{NETWORK}.254"
"""The address of the bridge itself: where the driver, its clients and the database are."""
NOWHERE = "02:00:00:00:00:ff"
"""A hardware address that nobody has: what is sent there is lost without a word."""


def address_of(host: int) -> str:
    """Return the address of host 1, 2, …"""
    return f"{NETWORK}.{host}"


class Network:
    """Hosts 1 … n."""

    def __init__(self, hosts: int) -> None:
        self._hosts = range(1, hosts + 1)
        self._cuts: set[tuple[int, int]] = set()
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns") if _netns_folder() else None
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "address", "add", f"{HUB}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for host in self._hosts:
            self._add(host)

    def command_on(self, host: int) -> list[str]:
        """Return what to put before a command so that it runs on that host."""
        return ["ip", "netns", "exec", _name(host)]

    def cut(self, source: int, target: int) -> None:
        """Lose whatever `source` sends to `target`; the other direction stays as it is."""
        self._cuts.add((source, target))
        on = ("ip", "-n", _name(source), "neigh", "replace", address_of(target))
        run(*on, "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent")

    def separate(self, some: set[int], others: set[int]) -> None:
        """Cut every link between the two groups, both ways."""
        for one in sorted(some):
            for other in sorted(others):
                self.cut(one, other)
                self.cut(other, one)

    def heal(self) -> None:
        """Mend every cut."""
        for source, target in sorted(self._cuts):
            run("ip", "-n", _name(source), "neigh", "del", address_of(target), "dev", "eth0")
        self._cuts.clear()

    def _add(self, host: int) -> None:
        name, inside = _name(host), ("ip", "-n", _name(host))
        run("ip", "netns", "add", name)
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", name, "master", BRIDGE, "up")
        run(*inside, "address", "add", f"{address_of(host)}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")


class Relay:
    """Lets the hosts reach a server that listens on this machine's loopback: hub:port to 127.0.0.1:port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, HUB, self._port)

    def close(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def run(*command: str) -> None:
    """Run a command of the system; what it says is part of the error when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"


def _name(host: int) -> str:
    return f"host{host}"


def _netns_folder() -> bool:
    from pathlib import Path

    Path("/run/netns").mkdir(exist_ok=True)
    return True
