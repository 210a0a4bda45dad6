"""The page of one's second factors: nothing changes without a proof from these minutes."""

import pytest
from django.test import Client

from apps.accounts.models import CodeGenerator, RecoveryCode, User
from tests.accounts.factors import code_now, enter, with_codes, wrong_code

PAGE, CODES = "/accounts/factors/", "/accounts/factors/codes/"
REMOVE, RECOVERY = "/accounts/factors/codes/remove/", "/accounts/factors/recovery/"


@pytest.fixture
def pages(client: Client, alice: User) -> Client:
    enter(client, alice)
    return client


def age(client: Client) -> None:
    session = client.session
    session["signed_in_at"] = 0
    session.save()


def test_an_app_is_set_up_and_recovery_codes_are_shown_once(pages: Client, alice: User) -> None:
    offered = pages.get(CODES)
    secret = offered.context["secret"]
    assert "<svg" in offered.content.decode()
    assert f"<span>{secret[:4]}</span><span>{secret[4:8]}</span>" in offered.content.decode()
    assert pages.post(CODES, {"code": wrong_code(secret)}).context["secret"] == secret

    shown = pages.post(CODES, {"code": code_now(secret)})

    assert len(shown.context["codes"]) == RecoveryCode.objects.for_tenant(alice.tenant_id).count() == 10
    assert pages.get(PAGE).context["has_codes"]
    assert secret not in CodeGenerator.objects.for_tenant(alice.tenant_id).get().sealed_secret


def test_another_app_takes_the_place_of_the_first_and_keeps_the_recovery_codes(pages: Client, alice: User) -> None:
    for _ in range(2):
        secret = pages.get(CODES).context["secret"]
        answer = pages.post(CODES, {"code": code_now(secret)})

    assert answer.headers["Location"] == PAGE
    assert CodeGenerator.objects.for_tenant(alice.tenant_id).count() == 1


def test_a_code_without_an_offer_sets_up_nothing(pages: Client, alice: User) -> None:
    assert pages.post(CODES, {"code": "123456"}).status_code == 200

    assert not CodeGenerator.objects.for_tenant(alice.tenant_id).exists()


def test_an_app_is_removed_with_its_recovery_codes(pages: Client, alice: User) -> None:
    with_codes(alice)
    assert len(pages.post(RECOVERY).context["codes"]) == 10

    pages.post(REMOVE)

    assert not CodeGenerator.objects.for_tenant(alice.tenant_id).exists()
    assert not RecoveryCode.objects.for_tenant(alice.tenant_id).exists()
    assert pages.post(RECOVERY).headers["Location"] == PAGE


@pytest.mark.parametrize(
    "path", [CODES, REMOVE, RECOVERY, f"{PAGE}passkeys/00000000-0000-0000-0000-000000000001/remove/"]
)
def test_an_old_session_has_to_prove_itself_first(pages: Client, alice: User, path: str) -> None:
    with_codes(alice)
    age(pages)

    answer = pages.get(path) if path == CODES else pages.post(path)

    assert answer.headers["Location"].startswith("/accounts/confirm/?next=")
    assert CodeGenerator.objects.for_tenant(alice.tenant_id).exists()
