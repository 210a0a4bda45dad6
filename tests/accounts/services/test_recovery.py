"""Recovery codes: ten, each once, only hers, and none kept as it is."""

from django.utils import timezone

from apps.accounts.models import RecoveryCode, User
from apps.accounts.services import recovery


def test_each_is_good_once_however_it_is_typed(alice: User) -> None:
    codes = recovery.issue(alice, now=timezone.now())
    assert len(set(codes)) == 10

    assert recovery.spend(alice, f" {codes[0].upper()} ", now=timezone.now())
    assert not recovery.spend(alice, codes[0], now=timezone.now())

    assert recovery.left(alice) == 9


def test_it_is_hers_alone(alice: User, bob: User, eve: User) -> None:
    code = recovery.issue(alice, now=timezone.now())[0]

    assert not recovery.spend(bob, code, now=timezone.now())
    assert not recovery.spend(eve, code, now=timezone.now())


def test_new_ones_void_the_old(alice: User) -> None:
    old = recovery.issue(alice, now=timezone.now())[0]
    recovery.issue(alice, now=timezone.now())

    assert not recovery.spend(alice, old, now=timezone.now())


def test_only_digests_are_kept(alice: User) -> None:
    codes = recovery.issue(alice, now=timezone.now())

    kept = " ".join(RecoveryCode.objects.for_tenant(alice.tenant_id).values_list("digest", flat=True))
    assert not any(code.replace("-", "") in kept for code in codes)


def test_other_texts_are_none(alice: User) -> None:
    assert not recovery.spend(alice, "", now=timezone.now())
