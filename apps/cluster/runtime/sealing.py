"""A sealed stream between two processes of a cluster, without I/O: bytes come in, records and bytes to write come out.

A handshake keyed by the cluster's key tells each end who the other is; then come records under keys of their own, each
with a counter, so that none can be forged, replayed, dropped or moved. Not here: sockets, timeouts and what is inside.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.noise import Initiator, NotAuthentic, Responder, next_key

MAGIC = b"IMS"
VERSION = 1
"""Of the handshake and the records; another one is refused."""
HELLO_MAX_BYTES = 1_024
"""A longer handshake message is refused before it is read."""
RECORD_MAX_BYTES = 1 << 20
"""The most one record may carry; a longer one is refused before it is read, and splitting is up to the caller."""
RECORD_OVERHEAD_BYTES = 20
"""Length and tag."""
REKEY_RECORDS = 1 << 20
"""So many records go under one key; with 1 MiB each that is far below what AES-GCM allows (2^-57 to tell it apart)."""

CLUSTER_ID_MAX = 64
"""Characters of a cluster's id; longer ones are refused."""
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes of a stranger may raise: msgspec lets broken text and deep nesting through as what they are."""

LENGTH = struct.Struct("!I")
HEADER = struct.Struct("!3sBB")
TAG = 16


class Purpose(IntEnum):
    """What a stream is for; each has keys of its own."""

    CONTROL = 1
    DATA = 2
    GUEST = 3
    """A process that is no node and only sends."""
    OPERATOR = 4
    """A command that asks a node."""


NODES_ONLY = frozenset({Purpose.CONTROL, Purpose.DATA})
"""Purposes for which both ends have to be nodes."""


class SealError(Exception):
    """The stream cannot be trusted and has to be closed. `reason` is one of a few words, to be counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HandshakeRefused(SealError):
    """`malformed`, `version`, `purpose`, `key`, `cluster`, `node` (not the one meant) or `self`."""


class RecordRefused(SealError):
    """`too_large`, `forged`, or `early`: before the handshake is over."""


class Party(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Who is at an end. A guest or an operator has no node id; a node without a cluster no cluster id."""

    node: NodeId
    cluster_id: Annotated[str, msgspec.Meta(max_length=CLUSTER_ID_MAX)] = ""


class Hello(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What each end says in the handshake. `expects`: the node it wants to talk to, or none in particular."""

    party: Party
    expects: NodeId = NO_NODE


HELLO = msgspec.msgpack.Decoder(Hello)


@dataclass(slots=True)
class Direction:
    """One way of a stream: a key, a counter, and how often the key was changed."""

    key: bytes
    cipher: AESGCM
    counter: int = 0

    def nonce(self) -> bytes:
        """Return the nonce of the next record, and count it."""
        if self.counter == REKEY_RECORDS:
            self.key = next_key(self.key)
            self.cipher, self.counter = AESGCM(self.key), 0
        counter = self.counter
        self.counter = counter + 1
        return counter.to_bytes(12, "big")


class SealedStream:
    """One end of a stream. Feed it what arrives; write what `outgoing` and `seal` return, in this order."""

    def __init__(self, ring: KeyRing, me: Party) -> None:
        self._ring = ring
        self._me = me
        self._buffer = bytearray()
        self._outgoing = b""
        self._initiator: Initiator | None = None
        self._purposes: Collection[Purpose] = ()
        self._expects = NO_NODE
        self._sending: Direction | None = None
        self._receiving: Direction | None = None
        self._candidate: Party | None = None
        self.purpose: Purpose | None = None
        self.peer: Party | None = None
        """Who is at the other end; None until the handshake is over and that end has proved that it is alive."""

    @classmethod
    def dial(cls, ring: KeyRing, me: Party, purpose: Purpose, expects: NodeId = NO_NODE) -> "SealedStream":
        """Begin as the end that connects."""
        stream = cls(ring, me)
        stream.purpose = purpose
        stream._expects = expects
        header = HEADER.pack(MAGIC, VERSION, purpose)
        stream._initiator = Initiator(_keys(ring, purpose)[0], header)
        hello = msgspec.msgpack.encode(Hello(me, expects))
        stream._queue(header + stream._initiator.write(hello))
        return stream

    @classmethod
    def accept(cls, ring: KeyRing, me: Party, purposes: Collection[Purpose]) -> "SealedStream":
        """Begin as the end that was connected to and that serves these purposes."""
        stream = cls(ring, me)
        stream._purposes = purposes
        return stream

    @property
    def established(self) -> bool:
        """Whether both ends know each other: from here on `seal` may be used."""
        return self.peer is not None

    def outgoing(self) -> bytes:
        """Return what the handshake wants written, once."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def seal(self, payload: bytes | bytearray | memoryview) -> bytes:
        """Return one record. Raises RecordRefused for more than RECORD_MAX_BYTES, or before the handshake is over."""
        size = len(payload) + TAG
        if size > RECORD_MAX_BYTES + TAG:
            raise RecordRefused("too_large")
        direction = self._sending
        if direction is None:
            raise RecordRefused("early")
        length = LENGTH.pack(size)
        nonce = direction.nonce()
        return length + direction.cipher.encrypt(nonce, payload, length)

    def receive(self, data: bytes) -> list[bytes]:
        """Take in what arrived; return the payloads of whole records. Raises HandshakeRefused or RecordRefused."""
        buffer = self._buffer
        buffer += data
        payloads: list[bytes] = []
        start, end = 0, len(buffer)
        while end - start >= LENGTH.size:
            (size,) = LENGTH.unpack_from(buffer, start)
            self._check_size(size)
            if end - start - LENGTH.size < size:
                break
            body = start + LENGTH.size
            with memoryview(buffer) as view, view[start:body] as length, view[body : body + size] as sealed:
                self._take(length, sealed, payloads)
            start = body + size
        del buffer[:start]
        return payloads

    def _check_size(self, size: int) -> None:
        if self._receiving is None:
            if not HEADER.size <= size <= HELLO_MAX_BYTES:
                raise HandshakeRefused("malformed")
        elif size > RECORD_MAX_BYTES + TAG:
            raise RecordRefused("too_large")
        elif size < TAG:
            raise RecordRefused("forged")

    def _take(self, length: memoryview, sealed: memoryview, payloads: list[bytes]) -> None:
        direction = self._receiving
        if direction is None:
            self._shake(bytes(sealed))
            return
        nonce = direction.nonce()
        try:
            payload = direction.cipher.decrypt(nonce, sealed, length)
        except InvalidTag as error:
            raise RecordRefused("forged") from error
        if self.peer is None:
            self.peer = self._candidate  # The first record proves that its sender took part in the handshake.
        else:
            payloads.append(payload)

    def _shake(self, message: bytes) -> None:
        try:
            if self._initiator is not None:
                self._finish(self._initiator, message)
            else:
                self._answer(message)
        except NotAuthentic as error:
            raise HandshakeRefused("key") from error

    def _finish(self, initiator: Initiator, message: bytes) -> None:
        payload, sending, receiving = initiator.read(message)
        self.peer = self._checked(payload)
        self._begin(sending, receiving)
        self._outgoing += self.seal(b"")

    def _answer(self, message: bytes) -> None:
        magic, version, purpose = HEADER.unpack_from(message)
        if magic != MAGIC:
            raise HandshakeRefused("malformed")
        if version != VERSION:
            raise HandshakeRefused("version")
        if purpose not in self._purposes:
            raise HandshakeRefused("purpose")
        self.purpose = Purpose(purpose)
        responder, payload = self._open(message, self.purpose)
        self._candidate = self._checked(payload)
        hello = msgspec.msgpack.encode(Hello(self._me, self._candidate.node))
        answer, sending, receiving = responder.write(hello)
        self._queue(answer)
        self._begin(sending, receiving)

    def _open(self, message: bytes, purpose: Purpose) -> tuple[Responder, bytes]:
        header, body = message[: HEADER.size], message[HEADER.size :]
        for key in _keys(self._ring, purpose):
            responder = Responder(key, header)
            try:
                return responder, responder.read(body)
            except NotAuthentic:
                continue
        raise HandshakeRefused("key")

    def _checked(self, payload: bytes) -> Party:
        try:
            hello = HELLO.decode(payload)
        except UNDECODABLE as error:
            raise HandshakeRefused("malformed") from error
        party = hello.party
        if self.purpose in NODES_ONLY and party.node == NO_NODE:
            raise HandshakeRefused("node")
        if party.node == self._me.node and party.node != NO_NODE:
            raise HandshakeRefused("self")
        if hello.expects not in {NO_NODE, self._me.node} or self._expects not in {NO_NODE, party.node}:
            raise HandshakeRefused("node")
        if not self._same_cluster(party.cluster_id):
            raise HandshakeRefused("cluster")
        return party

    def _same_cluster(self, cluster_id: str) -> bool:
        if self.purpose is Purpose.DATA:
            return cluster_id == self._me.cluster_id != ""
        return cluster_id == self._me.cluster_id or not (cluster_id and self._me.cluster_id)

    def _begin(self, sending: bytes, receiving: bytes) -> None:
        self._sending = Direction(sending, AESGCM(sending))
        self._receiving = Direction(receiving, AESGCM(receiving))
        self._initiator = None

    def _queue(self, message: bytes) -> None:
        self._outgoing += LENGTH.pack(len(message)) + message


def _keys(ring: KeyRing, purpose: Purpose) -> tuple[bytes, ...]:
    return ring.keys_for(b"stream %d" % purpose)
