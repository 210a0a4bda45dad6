"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds; what every such app can)."""

from datetime import datetime
from typing import Final

import pyotp
import segno
from django.db import IntegrityError, transaction

from apps.accounts.errors import ProofWrong
from apps.accounts.models import CodeGenerator, User
from apps.accounts.services.trail import note
from apps.common.clock import to_ms
from apps.common.retry import run_in_transaction
from apps.common.sealed import seal, unseal

PURPOSE: Final = "one-time codes"
DIGITS: Final = 6
STEP_MS: Final = 30_000
STEPS_OFF: Final = (0, -1, 1)
"""A code is good one step early or late: clocks differ, and people type slowly (RFC 6238 §5.2)."""


def make_secret() -> str:
    """Return a secret for an app, 160 bits in base 32 (RFC 4226 §4)."""
    return pyotp.random_base32()


def address_of(secret: str, user: User, *, issuer: str) -> str:
    """Return the otpauth address that tells an app the secret."""
    return pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(name=user.login, issuer_name=issuer)


def picture_of(address: str) -> str:
    """Return the address as a QR code: inline SVG, without style or script."""
    return str(segno.make(address, error="m").svg_inline(scale=5, border=2, omitsize=True, title="QR"))


def enrol(user: User, *, secret: str, code: str, now: datetime) -> None:
    """Take the app for the person's, in place of an earlier one, once it has shown a right code. Raises ProofWrong."""
    step = matching_step(secret, code, now=now)
    if step is None:
        raise ProofWrong
    sealed = seal(PURPOSE, secret.encode())

    def store() -> None:
        rows = CodeGenerator.objects.for_tenant(user.tenant_id)
        rows.filter(user=user).delete()
        rows.create(tenant_id=user.tenant_id, user=user, sealed_secret=sealed, last_step=step)
        note("accounts.codes.enrolled", user, now=now)

    try:
        run_in_transaction(store)
    except IntegrityError as error:  # the same form, sent twice at once: the other one did it
        raise ProofWrong from error


def spend(user: User, code: str, *, now: datetime) -> bool:
    """Tell whether the code is right and was not used before; it is used from now on. One query and an update."""
    row = CodeGenerator.objects.for_tenant(user.tenant_id).filter(user=user).first()
    if row is None:
        return False
    step = matching_step(unseal(PURPOSE, row.sealed_secret).decode(), code, now=now, after=row.last_step)
    if step is None:
        return False
    with transaction.atomic():
        # Of several at once, one finds the step unused.
        unused = CodeGenerator.objects.for_tenant(user.tenant_id).filter(pk=row.pk, last_step__lt=step)
        return unused.update(last_step=step) == 1


def matching_step(secret: str, code: str, *, now: datetime, after: int = -1) -> int | None:
    """Return the time step, later than `after`, whose code this is; None where there is none. Pure."""
    digits = code.replace(" ", "")
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    generator = pyotp.HOTP(secret, digits=DIGITS)
    current = to_ms(now) // STEP_MS
    for off in STEPS_OFF:
        step = current + off
        if step > after and generator.verify(digits, step):
            return step
    return None
