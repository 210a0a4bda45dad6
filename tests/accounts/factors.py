"""People with second factors, and what their authenticator apps show."""

from datetime import datetime, timedelta

import pyotp
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import one_time_codes
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD

STEP = timedelta(milliseconds=one_time_codes.STEP_MS)


def code_at(secret: str, moment: datetime) -> str:
    """Return what the app shows at this time."""
    return pyotp.TOTP(secret).at(moment)


def with_codes(user: User) -> str:
    """Give her an app, set up a while ago, and return its secret."""
    secret = one_time_codes.make_secret()
    before = timezone.now() - 4 * STEP
    one_time_codes.enrol(user, secret=secret, code=code_at(secret, before), now=before)
    return secret


def code_now(secret: str) -> str:
    return code_at(secret, timezone.now())


def wrong_code(secret: str) -> str:
    """Return a code that is right at no step of these minutes."""
    right = {code_at(secret, timezone.now() + step * STEP) for step in range(-3, 4)}
    return next(
        code
        for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
        if code not in right
    )


def set_policy(tenant: Tenant, **policy: object) -> None:
    """Let the tenant's people sign in so."""
    tenant.settings = {**tenant.settings, "sign_in": policy}
    tenant.save(update_fields=["settings"])


def enter(client: Client, user: User, *, password: str = PASSWORD, following: str = "/chat/") -> str:
    """Sign in by the page, and return where it leads; nothing where it stays."""
    form = {"username": user.login, "password": password, "next": following}
    return client.post("/accounts/login/", form).headers.get("Location", "")
