from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import CodeGenerator, Passkey, RecoveryCode, Terminal, User
from apps.accounts.pages.findings import NEW_FOR, Finding, findings_of
from apps.accounts.services.recovery import issue
from tests.accounts.terminals import terminal_of


def finding(user: User, title: str) -> Finding:
    return next(found for found in findings_of(user, now=timezone.now()) if str(found.title) == title)


def test_the_first_terminal_of_all_is_well(alice: User) -> None:
    terminal_of(alice)

    found = finding(alice, "Terminals")

    assert found.is_well
    assert found.text == "1 terminal may sign in."


def test_a_new_one_beside_an_old_one_is_asked_about(alice: User, bob: User) -> None:
    old, _new, _of_another = terminal_of(alice), terminal_of(alice), terminal_of(bob)
    Terminal.unscoped.filter(pk=old.pk).update(created_at=timezone.now() - 2 * NEW_FOR)

    found = finding(alice, "Terminals")

    assert not found.is_well
    assert str(found.text).startswith("1 terminal signed in for the first time")


def test_what_was_shut_out_does_not_count(alice: User) -> None:
    old, stolen = terminal_of(alice), terminal_of(alice)
    Terminal.unscoped.filter(pk=old.pk).update(created_at=timezone.now() - NEW_FOR - timedelta(days=1))
    Terminal.unscoped.filter(pk=stolen.pk).update(revoked_at=timezone.now())

    found = finding(alice, "Terminals")

    assert found.is_well
    assert found.text == "1 terminal may sign in."


def test_a_password_alone_is_not_well(alice: User) -> None:
    found = finding(alice, "Second factor")

    assert not found.is_well
    assert found.url == "/accounts/factors/"


def test_who_lacks_what_her_company_asks_for_is_told_so(alice: User) -> None:
    alice.tenant.settings = {"sign_in": {"second_factor": "everyone"}}

    assert "Your company asks" in str(finding(alice, "Second factor").text)


def test_an_app_is_well_and_few_recovery_codes_are_not(alice: User) -> None:
    CodeGenerator.unscoped.create(tenant=alice.tenant, user=alice, sealed_secret="x", last_step=0)
    RecoveryCode.unscoped.create(tenant=alice.tenant, user=alice, digest="1")

    assert finding(alice, "Second factor").is_well
    assert not finding(alice, "Recovery codes").is_well


def test_a_passkey_is_well_and_new_recovery_codes_are(alice: User) -> None:
    Passkey.unscoped.create(tenant=alice.tenant, user=alice, credential_id=b"1", public_key=b"k", host="h", name="Key")
    issue(alice, now=timezone.now())

    assert "passkey" in str(finding(alice, "Second factor").text)
    assert finding(alice, "Recovery codes").is_well


def test_a_password_grows_old_by_the_rule_of_the_tenant(alice: User) -> None:
    alice.password_set_at = timezone.now() - timedelta(days=40)

    assert finding(alice, "Password").is_well
    alice.tenant.settings = {"sign_in": {"password_max_age_days": 30}}
    assert not finding(alice, "Password").is_well


def test_who_has_no_password_is_well_without(alice: User) -> None:
    alice.set_unusable_password()

    assert finding(alice, "Password").is_well
