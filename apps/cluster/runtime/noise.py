"""The handshake Noise_NNpsk0_25519_AESGCM_SHA256 (Noise Protocol Framework, revision 34): two messages, two keys.

Who knows the shared key is let in, and nobody who learns it later can read what was said. Not here: which key, who is
at the other end and what it may do; that is said in the payloads and decided by `sealing`.
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PROTOCOL = b"Noise_NNpsk0_25519_AESGCM_SHA256"
KEY_BYTES = 32
TAG_BYTES = 16
REKEY_NONCE = b"\0\0\0\0" + b"\xff" * 8


class NotAuthentic(Exception):
    """Bytes that nobody with the key has sealed, or not for this place."""


def nonce_of(counter: int) -> bytes:
    """Return the nonce Noise makes of a counter for AES-GCM."""
    return b"\0\0\0\0" + counter.to_bytes(8, "big")


def derive(chaining_key: bytes, material: bytes, count: int) -> list[bytes]:
    """Return `count` keys (HKDF as in Noise §4.3)."""
    secret = hmac.digest(chaining_key, material, "sha256")
    keys: list[bytes] = []
    last = b""
    for number in range(1, count + 1):
        last = hmac.digest(secret, last + bytes([number]), "sha256")
        keys.append(last)
    return keys


def next_key(key: bytes) -> bytes:
    """Return the key that follows `key`; the way back is closed (Noise §4.2, REKEY)."""
    return AESGCM(key).encrypt(REKEY_NONCE, bytes(KEY_BYTES), b"")[:KEY_BYTES]


class Transcript:
    """What both ends have said and know so far (SymmetricState of Noise §5.2)."""

    def __init__(self, prologue: bytes) -> None:
        self.digest = PROTOCOL
        self._chaining_key = PROTOCOL
        self._key = b""
        self._counter = 0
        self.mix_digest(prologue)

    def mix_digest(self, data: bytes) -> None:
        """Bind what was said to everything after it."""
        self.digest = hashlib.sha256(self.digest + data).digest()

    def mix_key(self, material: bytes) -> None:
        """Make the next key depend on `material`."""
        self._chaining_key, self._key = derive(self._chaining_key, material, 2)
        self._counter = 0

    def mix_key_and_digest(self, secret: bytes) -> None:
        """The same for the shared key, which also gets into the transcript."""
        self._chaining_key, extra, self._key = derive(self._chaining_key, secret, 3)
        self.mix_digest(extra)
        self._counter = 0

    def seal(self, payload: bytes) -> bytes:
        """Encrypt a payload into the transcript."""
        sealed = AESGCM(self._key).encrypt(nonce_of(self._counter), payload, self.digest)
        self._counter += 1
        self.mix_digest(sealed)
        return sealed

    def open(self, sealed: bytes) -> bytes:
        """Decrypt a payload. Raises NotAuthentic."""
        try:
            payload = AESGCM(self._key).decrypt(nonce_of(self._counter), sealed, self.digest)
        except InvalidTag as error:
            raise NotAuthentic from error
        self._counter += 1
        self.mix_digest(sealed)
        return payload

    def split(self) -> tuple[bytes, bytes]:
        """Return the keys of both directions, the initiator's first."""
        first, second = derive(self._chaining_key, b"", 2)
        return first, second


class Initiator:
    """The end that dials."""

    def __init__(self, psk: bytes, prologue: bytes, ephemeral: X25519PrivateKey | None = None) -> None:
        self._transcript = Transcript(prologue)
        self._psk = psk
        self._ephemeral = ephemeral or X25519PrivateKey.generate()

    def write(self, payload: bytes) -> bytes:
        """Return the first message: psk, e."""
        return _write_first(self._transcript, self._psk, self._ephemeral, payload)

    def read(self, message: bytes) -> tuple[bytes, bytes, bytes]:
        """Return the payload of the second message and the keys to send and to receive with. Raises NotAuthentic."""
        transcript = self._transcript
        public = _mix_public(transcript, message)
        transcript.mix_key(_agree(self._ephemeral, public))
        payload = transcript.open(message[KEY_BYTES:])
        sending, receiving = transcript.split()
        return payload, sending, receiving


class Responder:
    """The end that was dialled."""

    def __init__(self, psk: bytes, prologue: bytes, ephemeral: X25519PrivateKey | None = None) -> None:
        self._transcript = Transcript(prologue)
        self._psk = psk
        self._ephemeral = ephemeral
        self._public = b""

    def read(self, message: bytes) -> bytes:
        """Return the payload of the first message. Raises NotAuthentic."""
        self._transcript.mix_key_and_digest(self._psk)
        self._public = _mix_public(self._transcript, message)
        return self._transcript.open(message[KEY_BYTES:])

    def write(self, payload: bytes) -> tuple[bytes, bytes, bytes]:
        """Return the second message (e, ee) and the keys to send and to receive with. Raises NotAuthentic."""
        transcript = self._transcript
        ephemeral = self._ephemeral or X25519PrivateKey.generate()
        public = ephemeral.public_key().public_bytes_raw()
        transcript.mix_digest(public)
        transcript.mix_key(public)
        transcript.mix_key(_agree(ephemeral, self._public))
        message = public + transcript.seal(payload)
        receiving, sending = transcript.split()
        return message, sending, receiving


def _write_first(transcript: Transcript, psk: bytes, ephemeral: X25519PrivateKey, payload: bytes) -> bytes:
    public = ephemeral.public_key().public_bytes_raw()
    transcript.mix_key_and_digest(psk)
    transcript.mix_digest(public)
    transcript.mix_key(public)
    return public + transcript.seal(payload)


def _mix_public(transcript: Transcript, message: bytes) -> bytes:
    if len(message) < KEY_BYTES + TAG_BYTES:
        raise NotAuthentic
    public = message[:KEY_BYTES]
    transcript.mix_digest(public)
    transcript.mix_key(public)
    return public


def _agree(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:  # A point of low order: the result would be known to everybody.
        raise NotAuthentic from error
