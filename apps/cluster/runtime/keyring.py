"""The keys a cluster shares: the first seals, all open, so that a key can be changed while the cluster runs.

Changing one: add the new key as the last everywhere, then move it to the front everywhere, then drop the old one.
Not here: where keys come from, and what is sealed with them.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEYS_MAX = 8
"""More keys are refused: each costs a try per stranger that knocks."""
KEY_LEAST_BYTES = 16
"""Shorter keys are refused: they could be guessed."""
DERIVED_BYTES = 32


class KeysRefused(ValueError):
    """The list of cluster keys cannot be used; the text says why, without showing a key."""


class KeyRing:
    """Secrets of a cluster in their order. Every purpose gets keys of its own from each."""

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        secrets = [key.encode() if isinstance(key, str) else bytes(key) for key in keys]
        if not 1 <= len(secrets) <= KEYS_MAX:
            raise KeysRefused(f"there are {len(secrets)} cluster keys; there have to be 1 to {KEYS_MAX}")
        for place, secret in enumerate(secrets, start=1):
            if len(secret) < KEY_LEAST_BYTES:
                raise KeysRefused(f"cluster key {place} has {len(secret)} bytes; it needs {KEY_LEAST_BYTES} or more")
        if len(set(secrets)) != len(secrets):
            raise KeysRefused("a cluster key is listed twice")
        self._secrets = tuple(secrets)
        self._derived: dict[bytes, tuple[bytes, ...]] = {}

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._secrets)}>"

    def keys_for(self, purpose: bytes) -> tuple[bytes, ...]:
        """Return 32 bytes per key of the ring, in its order. Purposes are few: each is derived once."""
        if purpose not in self._derived:
            self._derived[purpose] = tuple(
                HKDF(SHA256(), DERIVED_BYTES, salt=b"imsite cluster", info=purpose).derive(secret)
                for secret in self._secrets
            )
        return self._derived[purpose]
