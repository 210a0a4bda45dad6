"""What operators do about signing keys: begin with the next one before its time, and give up one that got out.

In the ordinary course of things nobody has to: keys follow each other by themselves (`keys`). Every change is in the
audit log of the system's tenant.
"""

from datetime import datetime

from django.utils import timezone

from apps.accounts.errors import KeyNotFound, KeysTooFresh
from apps.accounts.models import SigningKey
from apps.accounts.services import keyring
from apps.accounts.services.keyring import RingKey
from apps.accounts.services.keys import keys, read_ring
from apps.audit.services import Change, record
from apps.common.retry import run_in_transaction
from apps.tenants.services import ensure_system_tenant


def list_keys() -> list[tuple[RingKey, str]]:
    """Return all keys with what each is now: signing, coming, former or revoked. Makes what is missing."""
    keys.public_keys()
    ring, now = read_ring(), timezone.now()  # after what was made just now
    return [(key, _standing(ring, key, now=now)) for key in ring]


def rotate_keys(algorithm: str, *, now: datetime) -> str:
    """Let the next key sign from now on, and return its id.

    Raises KeysTooFresh where it was not published for so long that everybody knows it (`keyring.AHEAD`), or where
    MAX_KEYS are still published.
    """
    keys.public_keys()

    def store() -> str:
        ring = _locked(algorithm)
        coming = keyring.following(ring, algorithm, now=now)
        row = None if coming is None else SigningKey.objects.get(pk=coming.kid)
        if row is None or row.created_at + keyring.AHEAD > now or len(ring) >= keyring.MAX_KEYS:
            raise KeysTooFresh(algorithm=algorithm)
        row.signs_from = now
        row.save(update_fields=["signs_from"])
        _record("rotated", row, now=now)
        return row.kid

    kid = run_in_transaction(store)
    keys.forget()
    keys.public_keys()  # makes the follower of the key that signs now
    return kid


def revoke_key(kid: str, *, now: datetime) -> None:
    """Believe nothing any more that this key signed. If it signs today, the next one signs from now on.

    Other processes learn of it within `keys.FRESH_S`. Raises KeyNotFound.
    """

    def store() -> None:
        row = SigningKey.objects.select_for_update().filter(pk=kid, revoked_at__isnull=True).first()
        if row is None:
            raise KeyNotFound(kid=kid)
        present = keyring.signing(_locked(row.algorithm), row.algorithm, now=now)
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        if present is not None and present.kid == kid:
            _begin_next(row.algorithm, now=now)
        _record("revoked", row, now=now)

    run_in_transaction(store)
    keys.forget()
    keys.public_keys()


def _begin_next(algorithm: str, *, now: datetime) -> None:
    coming = keyring.following(read_ring(), algorithm, now=now)
    if coming is not None:
        SigningKey.objects.filter(pk=coming.kid).update(signs_from=now)


def _locked(algorithm: str) -> list[RingKey]:
    """Return the ring of one algorithm, which nobody else rotates meanwhile."""
    list(SigningKey.objects.select_for_update().filter(algorithm=algorithm).order_by("number").values_list("pk"))
    return [key for key in read_ring() if key.algorithm == algorithm]


def _standing(ring: tuple[RingKey, ...], key: RingKey, *, now: datetime) -> str:
    present = keyring.signing(ring, key.algorithm, now=now)
    if key.is_revoked:
        return "revoked"
    if present is not None and key.kid == present.kid:
        return "signing"
    return "coming" if key.signs_from > now else "former"


def _record(verb: str, row: SigningKey, *, now: datetime) -> None:
    record(
        Change(
            tenant_id=ensure_system_tenant().id,
            actor_id=None,
            actor_login="",
            scope="",
            action=f"accounts.signing_key.{verb}",
            kind="signingkey",
            target_id=row.kid,
            target_label=f"{row.algorithm} {row.number}",
            after={"signs_from": row.signs_from.isoformat()},
            at=now,
        )
    )
