"""The UDP side of the control port: gossip messages out and in, sealed.

Not here: how they are sealed, and what they mean.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import msgspec

from apps.cluster.core.gossip import Address, GossipMessage
from apps.cluster.core.ids import NodeId
from apps.cluster.runtime.datagrams import Datagrams
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.names import Names, family_of
from apps.cluster.runtime.sealing import UNDECODABLE, Party

ENCODER = msgspec.msgpack.Encoder()
MESSAGE: msgspec.msgpack.Decoder[GossipMessage] = msgspec.msgpack.Decoder(GossipMessage)


class PacketPort(asyncio.DatagramProtocol):
    """Lives in the event loop that started it."""

    def __init__(
        self,
        ring: KeyRing,
        me: Party,
        receive: Callable[[NodeId, Address, GossipMessage], None],
        clock_ms: Callable[[], int],
        counters: Counter[str],
    ) -> None:
        self._sessions = Datagrams(ring, me)
        self._receive = receive
        self._clock_ms = clock_ms
        self._counters = counters
        self._names = Names(clock_ms)
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def rejected(self) -> Counter[str]:
        """What was dropped by the seal, by reason."""
        return self._sessions.rejected

    @property
    def me(self) -> Party:
        """Who this node says it is."""
        return self._sessions.me

    @me.setter
    def me(self, me: Party) -> None:
        self._sessions.me = me

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._names.family = await family_of(host)
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port), family=self._names.family)

    async def stop(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
        await self._names.close()

    def send(self, address: Address, message: GossipMessage) -> None:
        """Send; may be lost, surely so while the host's name is not resolved."""
        ip = self._names.find(address[0])
        if ip is None:
            self._counters["udp_unresolved"] += 1
            return
        self._sessions.send((ip, address[1]), ENCODER.encode(message), self._clock_ms())
        self._write()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is one in all but its bases.

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Open what came; whatever cannot be opened or read is dropped and counted."""
        address = (addr[0], addr[1])
        received = self._sessions.receive(address, data, self._clock_ms())
        self._write()
        if received is None:
            return
        sender, payload = received
        try:
            message = MESSAGE.decode(payload)
        except UNDECODABLE:
            self._counters["udp_undecodable"] += 1
            return
        self._receive(sender.node, address, message)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens over there; gossip finds out by itself."""
        self._counters["udp_errors"] += 1

    def _write(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for address, packet in self._sessions.take():
            with suppress(OSError, ValueError):  # An address nobody could send to came by gossip: as good as lost.
                self._transport.sendto(packet, address)
