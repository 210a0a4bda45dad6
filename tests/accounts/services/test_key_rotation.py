"""Beginning with the next signing key by hand, and giving one up that got out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.errors import KeyNotFound, KeysTooFresh, TokenInvalid
from apps.accounts.models import SigningKey
from apps.accounts.services import keyring
from apps.accounts.services.key_rotation import list_keys, revoke_key, rotate_keys
from apps.accounts.services.keys import ES256, RS256, keys
from apps.audit.models import Entry
from apps.tenants.services import ensure_system_tenant

pytestmark = pytest.mark.django_db


def standings() -> list[str]:
    return [standing for key, standing in list_keys() if key.algorithm == ES256]


def make_known() -> None:
    """Let all keys have been published for long enough."""
    SigningKey.objects.update(created_at=timezone.now() - keyring.AHEAD)


def signed() -> str:
    return keys.sign({"sub": "alice"}, algorithm=ES256, typ="x")


def actions() -> list[str]:
    entries = Entry.objects.for_tenant(ensure_system_tenant().id).order_by("number")
    return list(entries.values_list("action", flat=True))


def test_a_ring_begins_with_a_key_that_signs_and_one_that_comes() -> None:
    assert standings() == ["signing", "coming"]


def test_the_next_key_signs_and_what_the_former_one_signed_is_still_believed() -> None:
    before = signed()
    make_known()

    kid = rotate_keys(ES256, now=timezone.now())

    assert standings() == ["former", "signing", "coming"]
    assert SigningKey.objects.get(algorithm=ES256, number=2).kid == kid
    assert keys.verify(before, algorithm=ES256, typ="x") == {"sub": "alice"}
    assert actions() == ["accounts.signing_key.rotated"]


def test_a_key_that_not_everybody_knows_does_not_begin() -> None:
    signed()

    with pytest.raises(KeysTooFresh):
        rotate_keys(ES256, now=timezone.now())
    assert standings() == ["signing", "coming"]


def test_there_is_a_bound_on_keys_that_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    signed()
    make_known()
    monkeypatch.setattr(keyring, "MAX_KEYS", 2)

    with pytest.raises(KeysTooFresh):
        rotate_keys(ES256, now=timezone.now())


def test_nothing_is_believed_that_a_revoked_key_signed_and_the_next_one_signs() -> None:
    stolen = signed()
    row = SigningKey.objects.get(algorithm=ES256, number=1)

    revoke_key(row.kid, now=timezone.now())

    with pytest.raises(TokenInvalid):
        keys.verify(stolen, algorithm=ES256, typ="x")
    assert standings() == ["revoked", "signing", "coming"]
    assert row.kid not in [key["kid"] for key in keys.public_keys()["keys"]]
    assert actions() == ["accounts.signing_key.revoked"]


def test_revoking_the_key_to_come_leaves_the_present_one() -> None:
    token = signed()

    revoke_key(SigningKey.objects.get(algorithm=ES256, number=2).kid, now=timezone.now())

    assert standings() == ["signing", "revoked", "coming"]
    assert keys.verify(token, algorithm=ES256, typ="x") == {"sub": "alice"}


def test_what_is_no_key_or_revoked_already_is_not_revoked() -> None:
    signed()
    kid = SigningKey.objects.get(algorithm=ES256, number=1).kid
    revoke_key(kid, now=timezone.now())

    for unknown in (kid, "nobody's"):
        with pytest.raises(KeyNotFound):
            revoke_key(unknown, now=timezone.now())


def test_the_rings_of_other_algorithms_stay() -> None:
    keys.sign({}, algorithm=RS256, typ="x")
    signed()
    before = SigningKey.objects.filter(algorithm=RS256).order_by("number").values_list("kid", "signs_from")
    known = list(before)

    revoke_key(SigningKey.objects.get(algorithm=ES256, number=1).kid, now=timezone.now() + timedelta(seconds=1))

    assert list(before.all()) == known
