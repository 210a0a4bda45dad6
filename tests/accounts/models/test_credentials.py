"""What people prove themselves with: one app and one link each, keys that are nobody else's, and no names in a list."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import (
    CodeGenerator,
    FailedProofs,
    Passkey,
    PasswordReset,
    PastPassword,
    RecoveryCode,
    User,
)


def test_one_app_and_one_link_each(alice: User) -> None:
    mine = {"tenant_id": alice.tenant_id, "user": alice}
    CodeGenerator(**mine, sealed_secret="x", last_step=1).save()
    PasswordReset(**mine, digest="a", expires_at=timezone.now()).save()

    for second in (
        CodeGenerator(**mine, sealed_secret="y", last_step=2),
        PasswordReset(**mine, digest="b", expires_at=timezone.now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save()


def test_a_key_is_one_persons(alice: User, eve: User) -> None:
    Passkey(tenant_id=alice.tenant_id, user=alice, credential_id=b"k", public_key=b"p", host="h", name="n").save()

    with pytest.raises(IntegrityError), transaction.atomic():
        Passkey(tenant_id=eve.tenant_id, user=eve, credential_id=b"k", public_key=b"p", host="h", name="n").save()


def test_a_recovery_code_is_kept_once(alice: User) -> None:
    RecoveryCode(tenant_id=alice.tenant_id, user=alice, digest="d").save()

    with pytest.raises(IntegrityError), transaction.atomic():
        RecoveryCode(tenant_id=alice.tenant_id, user=alice, digest="d").save()


def test_rows_are_named_by_person_or_digest_and_tell_no_secret(alice: User) -> None:
    mine = {"tenant_id": alice.tenant_id, "user": alice}
    rows = (
        CodeGenerator(**mine, sealed_secret="secret"),
        RecoveryCode(**mine, digest="secret"),
        PastPassword(**mine, encoded="secret"),
        PasswordReset(**mine, digest="secret"),
    )

    assert {str(row) for row in rows} == {str(alice.pk)}
    assert str(Passkey(**mine, name="Laptop")) == "Laptop"
    assert str(FailedProofs(key="digest")) == "digest"
