"""One-time codes: RFC 6238's own vectors, one step of tolerance, each code once."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.errors import ProofWrong
from apps.accounts.models import CodeGenerator, User
from apps.accounts.services.one_time_codes import (
    address_of,
    enrol,
    make_secret,
    matching_step,
    picture_of,
    spend,
)
from tests.accounts.factors import STEP, code_at

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unix_s", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(unix_s: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, now=datetime.fromtimestamp(unix_s, tz=UTC)) == unix_s // 30


@pytest.mark.parametrize(("off", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(off: int, is_good: bool) -> None:
    assert (matching_step(RFC_SECRET, code_at(RFC_SECRET, NOW + off * STEP), now=NOW) is not None) is is_good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34"])
def test_other_texts_are_no_codes(code: str) -> None:
    assert matching_step(RFC_SECRET, code, now=NOW) is None


def test_a_code_counts_once_and_so_do_all_before(alice: User) -> None:
    secret = make_secret()
    enrol(alice, secret=secret, code=code_at(secret, NOW), now=NOW)

    assert not spend(alice, code_at(secret, NOW), now=NOW), "it was used to set the app up"
    assert spend(alice, code_at(secret, NOW + STEP), now=NOW)
    assert not spend(alice, code_at(secret, NOW + STEP), now=NOW)
    assert not spend(alice, code_at(secret, NOW - STEP), now=NOW)
    assert spend(alice, code_at(secret, NOW + timedelta(minutes=5)), now=NOW + timedelta(minutes=5))


def test_a_wrong_code_sets_nothing_up(alice: User) -> None:
    with pytest.raises(ProofWrong):
        enrol(alice, secret=make_secret(), code="abcdef", now=NOW)

    assert not CodeGenerator.objects.for_tenant(alice.tenant_id).exists()
    assert not spend(alice, "123456", now=NOW)


def test_an_app_reads_name_and_secret(alice: User) -> None:
    address = address_of(RFC_SECRET, alice, issuer="imsite")

    assert address.startswith("otpauth://totp/imsite:alice%40acme?secret=" + RFC_SECRET)
    assert picture_of(address).startswith("<svg")
    assert "style" not in picture_of(address), "the page's policy lets no style in"
