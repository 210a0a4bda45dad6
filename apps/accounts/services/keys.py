"""Signing what others have to be able to check: tickets for light apps (ES256) and identity tokens (RS256).

The keys make and follow each other by themselves (`keyring`), on whichever node notices first; the database decides
between two that notice at once. Private parts are sealed at rest and never leave this module: callers hand in claims
and get a signed token. RS256 is what every OpenID Connect client understands; ES256 is what tickets are signed by,
being a fifth of the work and of the length.

What a process knows of the ring is `FRESH_S` old at most: for that long it may accept a key that was just revoked.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import SigningKey
from apps.accounts.services import keyring
from apps.accounts.services.keyring import RingKey
from apps.common.errors import Unavailable
from apps.common.sealed import seal, unseal

RS256: Final = SigningKey.Algorithm.RS256.value
ES256: Final = SigningKey.Algorithm.ES256.value
_PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    RS256: {"kty": "RSA", "size": 2048},
    ES256: {"kty": "EC", "crv": "P-256"},
}
FRESH_S: Final = 30.0
"""How long a process goes by what it knows of the ring."""
ASK_AGAIN_S: Final = 1.0
"""Between two looks for a key that nobody here has heard of: made-up key ids cost one query a second."""
MAX_TOKEN_CHARS: Final = 4096
"""Of a token to check; a longer one is refused unread."""
_PURPOSE: Final = "signing key"
_MAX_ROUNDS: Final = 4
"""Looks at the ring that making what is missing may take: a first key and its follower, and one lost race."""


class Keys:
    """The ring as one process knows it. `clock` returns seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ring: tuple[RingKey, ...] = ()
        self._read_at_s = float("-inf")
        self._private: dict[str, JWK] = {}

    def sign(self, claims: Mapping[str, Any], *, algorithm: str, typ: str) -> str:
        """Return the claims as a signed token (RFC 7515, compact), by the key of today.

        Makes keys where they are missing. Raises Unavailable where none can be had or opened.
        """
        key = keyring.signing(self._with_signing_key(algorithm), algorithm, now=timezone.now())
        if key is None:
            raise Unavailable
        header = json.dumps({"alg": algorithm, "kid": key.kid, "typ": typ}, separators=(",", ":"))
        token = JWS(json.dumps(claims, separators=(",", ":"), ensure_ascii=False))
        token.add_signature(self._opened(key), algorithm, protected=header)
        return str(token.serialize(compact=True))

    def verify(self, token: str, *, algorithm: str, typ: str) -> dict[str, Any]:
        """Return what a token says that this installation signed, by this algorithm and as this type of token.

        The header decides nothing but which of our own keys to try: another algorithm than the one asked for, another
        type or an unknown member is refused before anything is computed (RFC 8725 §3.1, §3.11). Times and audience are
        the caller's matter. Raises TokenInvalid.
        """
        if len(token) > MAX_TOKEN_CHARS or token.count(".") != 2:
            raise TokenInvalid
        signed = JWS()
        signed.allowed_algs = [algorithm]
        try:
            signed.deserialize(token)
            kid = _kid_of(signed.jose_header, algorithm=algorithm, typ=typ)
            signed.verify(JWK(**self._public_part(kid, algorithm)), algorithm)
            claims = json.loads(signed.payload)
        except (JWException, ValueError) as error:
            raise TokenInvalid from error
        if not isinstance(claims, dict):
            raise TokenInvalid
        return claims

    def public_keys(self) -> dict[str, Any]:
        """Return what others check our signatures with (a JWK set, RFC 7517 §5), newest first.

        The keys of tomorrow are among them, and those of yesterday for as long as anything lives that they signed.
        """
        for algorithm in _PARAMETERS:
            ring = self._with_signing_key(algorithm)
        found = sorted(keyring.published(ring, now=timezone.now()), key=lambda key: (key.algorithm, -key.number))
        return {"keys": [{**key.public, "kid": key.kid, "alg": key.algorithm, "use": "sig"} for key in found]}

    def forget(self) -> None:
        """Know nothing: the next question is the database's."""
        with self._lock:
            self._ring, self._read_at_s, self._private = (), float("-inf"), {}

    def _public_part(self, kid: str, algorithm: str) -> dict[str, Any]:
        for max_age_s in (FRESH_S, ASK_AGAIN_S):
            ring = self._known(max_age_s=max_age_s)
            for key in keyring.published(ring, now=timezone.now()):
                if (key.kid, key.algorithm) == (kid, algorithm):
                    return key.public
        raise TokenInvalid

    def _with_signing_key(self, algorithm: str) -> tuple[RingKey, ...]:
        """Return the ring with a key that signs and its follower, made now if need be."""
        ring = self._known(max_age_s=FRESH_S)
        for _ in range(_MAX_ROUNDS):
            due = keyring.missing(ring, algorithm, now=timezone.now())
            if due is None:
                break
            number, signs_from = due
            make_key(algorithm, number=number, signs_from=signs_from)
            ring = self._known(max_age_s=0.0)
        return ring

    def _known(self, *, max_age_s: float) -> tuple[RingKey, ...]:
        """Return the ring. Nothing is kept of what is read inside a transaction: its keys may never come to be."""
        with self._lock:
            now_s = self._clock()
            if now_s - self._read_at_s < max_age_s:
                return self._ring
        ring = read_ring()
        if not connection.in_atomic_block:
            with self._lock:
                self._ring, self._read_at_s = ring, now_s
                self._private = {kid: self._private[kid] for kid in self._private if any(kid == k.kid for k in ring)}
        return ring

    def _opened(self, key: RingKey) -> JWK:
        private = self._private.get(key.kid)
        if private is None:
            private = JWK.from_json(unseal(_PURPOSE, key.sealed).decode())
            with self._lock:
                self._private[key.kid] = private
        return private


def read_ring() -> tuple[RingKey, ...]:
    """Return all keys, by algorithm and number. One query."""
    return tuple(
        RingKey(row.kid, row.algorithm, row.number, row.public, row.sealed, row.signs_from, row.revoked_at is not None)
        for row in SigningKey.objects.order_by("algorithm", "number")[: keyring.MAX_KEYS * len(_PARAMETERS)]
    )


def make_key(algorithm: str, *, number: int, signs_from: datetime) -> None:
    """Make the key of this number, unless someone else did in this moment; keys that nobody needs go at the same time.

    An RSA key takes a tenth of a second of a core, four times a year.
    """
    private = JWK.generate(**_PARAMETERS[algorithm])
    row = SigningKey(
        kid=private.thumbprint(),
        algorithm=algorithm,
        number=number,
        public=private.export_public(as_dict=True),
        sealed=seal(_PURPOSE, private.export_private().encode()),
        created_at=timezone.now(),
        signs_from=signs_from,
    )
    SigningKey.objects.bulk_create([row], ignore_conflicts=True)
    ring = read_ring()
    over = [key.kid for key in ring if keyring.is_over(ring, key, now=timezone.now())]
    if over:
        SigningKey.objects.filter(kid__in=over).delete()


def _kid_of(header: dict[str, Any], *, algorithm: str, typ: str) -> str:
    kid = header.get("kid")
    expected = {"alg": algorithm, "kid": kid, "typ": typ}
    if not isinstance(kid, str) or header != expected:
        raise TokenInvalid
    return kid


keys: Final = Keys()
"""The ring of this process."""
