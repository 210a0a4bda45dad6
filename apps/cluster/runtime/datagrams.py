"""Sealed datagrams between nodes, without I/O: packets come in, packets to send come out.

Each sender opens a session of its own towards an address: a hello and its answer, each with a random number, make a key
that no other session has; then every packet carries a counter, and a window on the other side lets each pass once.
A hello is as long as its answer, so that a forged sender's address gains nothing. What does not fit is dropped and
counted. Not here: the socket, what is inside, and whether it is an answer.
"""

import hmac
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from os import urandom

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.sealing import UNDECODABLE, Party

VERSION = 1
PAYLOAD_MAX_BYTES = 1_360
"""The most one packet may carry, so that with its overhead it fits an Ethernet frame, also over IPv6."""
OVERHEAD_BYTES = 34
SESSIONS_MAX = 4_096
"""Sessions kept per direction; beyond it the one that was silent longest is dropped, and opened again when needed."""
HALF_OPEN_MAX = 256
"""Answered hellos that no packet has followed yet; beyond it the oldest is dropped."""
WAITING_MAX = 8
"""Packets kept per address until the session is open; beyond it the oldest is dropped."""
WINDOW = 1_024
"""How far back a packet may come late; older ones are dropped."""
HELLO_EVERY_MS = 250
"""The least time between two hellos to one address."""
REFRESH_MS = 600_000
"""A session is replaced by a fresh one after this."""
RESETS_PER_S = 200
"""Packets of unknown sessions that are answered per second; more are only dropped."""
OPENINGS_PER_S = 1_000
"""Hellos and answers looked at per second from addresses this node sends to, and as many from all others together; more
are dropped unopened. A look costs 10 to 100 µs, so a flood cannot keep this node from its other work."""

HELLO, ANSWER, DATA, RESET = 1, 2, 3, 4
HEADER = struct.Struct("!BB")
DATA_HEADER = struct.Struct("!BB8sQ")
RESET_PACKET = struct.Struct("!BB8s")
NONCE_BYTES = 12
HELLO_BYTES = 192
"""What a hello or an answer holds inside, filled up with zeros."""
HELLO_PACKET_BYTES = HEADER.size + NONCE_BYTES + HELLO_BYTES + 16
SIZES = {
    HELLO: (HELLO_PACKET_BYTES, HELLO_PACKET_BYTES),
    ANSWER: (HELLO_PACKET_BYTES, HELLO_PACKET_BYTES),
    DATA: (OVERHEAD_BYTES, OVERHEAD_BYTES + PAYLOAD_MAX_BYTES),
    RESET: (RESET_PACKET.size, RESET_PACKET.size),
}


class Dropped(Exception):
    """A packet that does not fit; `reason` is what it is counted as."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Opening(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A hello (without `answer` and `session`) or its answer."""

    party: Party
    number: bytes
    answer: bytes = b""
    session: bytes = b""


OPENING = msgspec.msgpack.Decoder(Opening)


@dataclass(slots=True)
class Allowance:
    """So many per second of the clock."""

    per_second: int
    second: int = -1
    used: int = 0

    def grants(self, now_ms: int) -> bool:
        """Whether one more may be, and count it."""
        if now_ms // 1_000 != self.second:
            self.second, self.used = now_ms // 1_000, 0
        self.used += 1
        return self.used <= self.per_second


@dataclass(slots=True)
class Outgoing:
    """A session towards an address, or the wish for one."""

    number: bytes = b""
    hello_ms: int | None = None
    opened_ms: int = 0
    session: bytes = b""
    cipher: AESGCM | None = None
    counter: int = 0
    waiting: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Incoming:
    """A session somebody opened towards this node."""

    party: Party
    cipher: AESGCM
    highest: int = -1
    seen: int = 0

    def is_fresh(self, counter: int) -> bool:
        """Whether a packet with this counter may still come."""
        behind = self.highest - counter
        return behind < 0 or (behind < WINDOW and not self.seen >> behind & 1)

    def mark(self, counter: int) -> None:
        """Let it come only once."""
        ahead = counter - self.highest
        if ahead > 0:
            self.seen = (self.seen << min(ahead, WINDOW) | 1) & ((1 << WINDOW) - 1)
            self.highest = counter
        else:
            self.seen |= 1 << -ahead


class Datagrams:
    """All sessions of one node. `rejected` counts what was dropped, by reason."""

    def __init__(self, ring: KeyRing, me: Party, chance: Callable[[int], bytes] = urandom) -> None:
        self.rejected: Counter[str] = Counter()
        self._keys = list(zip(ring.keys_for(b"datagram hello"), ring.keys_for(b"datagram session"), strict=True))
        self._chance = chance
        self._outgoing: dict[Address, Outgoing] = {}
        self._asked: dict[bytes, Address] = {}
        self._incoming: dict[bytes, Incoming] = {}
        self._half_open: dict[bytes, Incoming] = {}
        self._packets: list[tuple[Address, bytes]] = []
        self._resets = Allowance(RESETS_PER_S)
        self._known_openings, self._strange_openings = Allowance(OPENINGS_PER_S), Allowance(OPENINGS_PER_S)
        self.me = me

    def take(self) -> list[tuple[Address, bytes]]:
        """Return the packets to be sent now."""
        packets, self._packets = self._packets, []
        return packets

    def send(self, address: Address, payload: bytes, now_ms: int) -> None:
        """Send a payload, at once or when the session is open. One that is too long is dropped and counted."""
        if len(payload) > PAYLOAD_MAX_BYTES:
            self.rejected["send_too_large"] += 1
            return
        outgoing = self._outgoing.pop(address, None) or Outgoing()
        self._outgoing[address] = outgoing
        if len(self._outgoing) > SESSIONS_MAX:
            self._forget(next(iter(self._outgoing)))
        if outgoing.cipher is None:
            outgoing.waiting = [*outgoing.waiting[1 - WAITING_MAX :], payload]
        else:
            self._seal(address, outgoing, payload)
        if outgoing.cipher is None or now_ms - outgoing.opened_ms >= REFRESH_MS:
            self._greet(address, outgoing, now_ms)

    def receive(self, address: Address, packet: bytes, now_ms: int) -> tuple[Party, bytes] | None:
        """Return who sent a payload, and the payload; None if the packet was none or was dropped."""
        try:
            kind = _kind(packet)
            if kind == DATA:
                return self._data(address, packet, now_ms)
            if kind == RESET:
                self._reset(address, packet, now_ms)
            else:
                self._opening(kind, address, packet, now_ms)
        except Dropped as dropped:
            self.rejected[dropped.reason] += 1
        return None

    def _forget(self, address: Address) -> None:
        outgoing = self._outgoing.pop(address)
        self._asked.pop(outgoing.number, None)

    def _seal(self, address: Address, outgoing: Outgoing, payload: bytes) -> None:
        header = DATA_HEADER.pack(DATA, VERSION, outgoing.session, outgoing.counter)
        nonce = outgoing.counter.to_bytes(NONCE_BYTES, "big")
        outgoing.counter += 1
        assert outgoing.cipher is not None  # noqa: S101 - both callers have looked
        self._packets.append((address, header + outgoing.cipher.encrypt(nonce, payload, header)))

    def _greet(self, address: Address, outgoing: Outgoing, now_ms: int) -> None:
        if outgoing.hello_ms is not None and now_ms - outgoing.hello_ms < HELLO_EVERY_MS:
            return
        self._asked.pop(outgoing.number, None)
        outgoing.number, outgoing.hello_ms = self._chance(16), now_ms
        self._asked[outgoing.number] = address
        self._packets.append((address, self._packed(HELLO, self._keys[0][0], Opening(self.me, outgoing.number))))

    def _packed(self, kind: int, key: bytes, opening: Opening) -> bytes:
        inside = msgspec.msgpack.encode(opening)
        header, nonce = HEADER.pack(kind, VERSION), self._chance(NONCE_BYTES)
        padded = (len(inside).to_bytes(2, "big") + inside).ljust(HELLO_BYTES, b"\0")
        return header + nonce + AESGCM(key).encrypt(nonce, padded, header)

    def _opening(self, kind: int, address: Address, packet: bytes, now_ms: int) -> None:
        allowance = self._known_openings if address in self._outgoing else self._strange_openings
        if not allowance.grants(now_ms):
            raise Dropped("too_many_openings")
        unsealed = next(filter(None, (_unsealed(keys, packet) for keys in self._keys)), None)
        if unsealed is None:
            raise Dropped("key")
        inside, hello_key, session_key = unsealed
        try:
            opening = OPENING.decode(inside[2 : 2 + int.from_bytes(inside[:2], "big")])
        except UNDECODABLE as error:
            raise Dropped("malformed") from error
        self._admit(opening.party)
        if kind == HELLO:
            answer = self._answer(session_key, opening)
            self._packets.append((address, self._packed(ANSWER, hello_key, answer)))
        else:
            self._open(session_key, opening, now_ms)

    def _admit(self, party: Party) -> None:
        if party.node in {NO_NODE, self.me.node}:
            raise Dropped("node")
        if party.cluster_id and self.me.cluster_id and party.cluster_id != self.me.cluster_id:
            raise Dropped("cluster")

    def _answer(self, key: bytes, hello: Opening) -> Opening:
        if len(hello.number) != 16 or hello.answer or hello.session:
            raise Dropped("malformed")
        answer = Opening(self.me, hello.number, self._chance(16), self._chance(8))
        self._half_open[answer.session] = Incoming(hello.party, AESGCM(_session_key(key, answer)))
        if len(self._half_open) > HALF_OPEN_MAX:
            del self._half_open[next(iter(self._half_open))]
        return answer

    def _open(self, key: bytes, answer: Opening, now_ms: int) -> None:
        if len(answer.answer) != 16 or len(answer.session) != 8:
            raise Dropped("malformed")
        address = self._asked.pop(answer.number, None)
        if address is None:
            raise Dropped("unasked")
        outgoing = self._outgoing[address]
        outgoing.number, outgoing.session, outgoing.counter = b"", answer.session, 0
        outgoing.cipher, outgoing.opened_ms = AESGCM(_session_key(key, answer)), now_ms
        waiting, outgoing.waiting = outgoing.waiting, []
        for payload in waiting:
            self._seal(address, outgoing, payload)

    def _data(self, address: Address, packet: bytes, now_ms: int) -> tuple[Party, bytes]:
        _, _, session, counter = DATA_HEADER.unpack_from(packet)
        incoming = self._incoming.get(session) or self._half_open.get(session)
        if incoming is None:
            self._ask_for_hello(address, session, now_ms)
            raise Dropped("unknown_session")
        if not incoming.is_fresh(counter):
            raise Dropped("replayed")
        header = packet[: DATA_HEADER.size]
        try:
            payload = incoming.cipher.decrypt(counter.to_bytes(NONCE_BYTES, "big"), packet[len(header) :], header)
        except InvalidTag as error:
            raise Dropped("forged") from error
        incoming.mark(counter)
        self._keep(session, incoming)
        return incoming.party, payload

    def _keep(self, session: bytes, incoming: Incoming) -> None:
        self._half_open.pop(session, None)
        self._incoming.pop(session, None)
        self._incoming[session] = incoming
        if len(self._incoming) > SESSIONS_MAX:
            del self._incoming[next(iter(self._incoming))]

    def _ask_for_hello(self, address: Address, session: bytes, now_ms: int) -> None:
        if self._resets.grants(now_ms):
            self._packets.append((address, RESET_PACKET.pack(RESET, VERSION, session)))

    def _reset(self, address: Address, packet: bytes, now_ms: int) -> None:
        # Nobody has signed this, so it costs the session nothing: a fresh one is asked for, beside it.
        outgoing = self._outgoing.get(address)
        if outgoing is None or outgoing.cipher is None or not packet.endswith(outgoing.session):
            raise Dropped("unasked")
        self._greet(address, outgoing, now_ms)


def _kind(packet: bytes) -> int:
    """Return what a packet is, if its length fits that."""
    if len(packet) < HEADER.size:
        raise Dropped("malformed")
    kind, version = HEADER.unpack_from(packet)
    if version != VERSION:
        raise Dropped("version")
    least, most = SIZES.get(kind, (0, -1))
    if not least <= len(packet) <= most:
        raise Dropped("malformed")
    return int(kind)


def _unsealed(keys: tuple[bytes, bytes], packet: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return what a hello holds and the keys it was sealed under; None if it was not under these."""
    header, rest = packet[: HEADER.size], packet[HEADER.size :]
    try:
        return AESGCM(keys[0]).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], header), *keys
    except InvalidTag:
        return None


def _session_key(key: bytes, answer: Opening) -> bytes:
    return hmac.digest(key, b"session" + answer.number + answer.answer + answer.session, "sha256")
