"""Who has a second factor, and who has to."""

import pytest
from django.utils import timezone

from apps.access.models import Grant
from apps.access.roles import AUDITOR
from apps.access.scopes import tenant_scope
from apps.accounts.errors import ProofWrong, SignInLimited
from apps.accounts.models import CodeGenerator, RecoveryCode, User
from apps.accounts.services import factors, recovery
from apps.audit.models import Entry
from tests.accounts.factors import code_now, set_policy, with_codes, wrong_code


def test_who_has_one_wants_it(alice: User, bob: User) -> None:
    with_codes(alice)

    assert [factors.wants_second_factor(each) for each in (alice, bob)] == [True, False]
    assert factors.kinds_of(alice) == {factors.CODES}


@pytest.mark.parametrize(
    ("demand", "wanted"), [("optional", (False, False)), ("admins", (True, False)), ("everyone", (True, True))]
)
def test_a_tenant_may_demand_it(alice: User, bob: User, demand: str, wanted: tuple[bool, bool]) -> None:
    set_policy(alice.tenant, second_factor=demand)
    bob.tenant = alice.tenant
    Grant(tenant_id=alice.tenant_id, user_id=alice.id, role=AUDITOR, scope=tenant_scope(alice.tenant_id).path).save()

    assert (factors.wants_second_factor(alice), factors.wants_second_factor(bob)) == wanted


def test_a_proof_tells_which_it_was(alice: User) -> None:
    secret, now = with_codes(alice), timezone.now()
    code = recovery.issue(alice, now=now)[0]

    assert factors.prove(alice, code_now(secret), now=now) == "otp"
    assert factors.prove(alice, code, now=now) == "recovery"


def test_wrong_ones_are_counted_and_written_down(alice: User) -> None:
    set_policy(alice.tenant, lock_after=3)
    secret, now = with_codes(alice), timezone.now()
    for _ in range(3):
        with pytest.raises(ProofWrong):
            factors.prove(alice, wrong_code(secret), now=now)

    with pytest.raises(SignInLimited):
        factors.prove(alice, code_now(secret), now=now)

    failures = Entry.objects.for_tenant(alice.tenant_id).filter(action="accounts.user.sign_in_failed")
    assert failures.count() == 3
    assert set(failures.values_list("actor_id", flat=True)) == {None}


def test_all_of_them_can_be_taken_away(alice: User, bob: User) -> None:
    with_codes(alice)
    recovery.issue(alice, now=timezone.now())

    factors.remove_all(alice, actor=bob, now=timezone.now())

    assert not factors.has_second_factor(alice)
    assert not RecoveryCode.objects.for_tenant(alice.tenant_id).exists()
    assert Entry.objects.for_tenant(alice.tenant_id).get(action="accounts.factors.reset").actor_id == bob.id


def test_removing_what_is_not_there_says_nothing(alice: User) -> None:
    factors.remove_codes(alice, now=timezone.now())

    assert not Entry.objects.for_tenant(alice.tenant_id).exists()
    assert not CodeGenerator.objects.for_tenant(alice.tenant_id).exists()
