"""One table of access tokens, good and bad: whoever asks, REST or a session, has to come to the same verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from oauth2_provider.models import get_access_token_model

from apps.accounts import services
from apps.accounts.models import User
from apps.tenants.services import suspend_tenant
from tests.rest_client import issue_token


@dataclass(frozen=True)
class TokenCase:
    """`present` brings the user into the state of the case and returns the token she presents.

    `is_good`: a session may sign in with it. `is_alive`: it is somebody's, though it may open no more than some units.
    """

    name: str
    present: Callable[[User], str]
    is_good: bool = False
    is_narrow: bool = False

    @property
    def is_alive(self) -> bool:
        return self.is_good or self.is_narrow

    def __str__(self) -> str:
        return self.name


def _then(change: Callable[[User], object]) -> Callable[[User], str]:
    """A good token, and something that happens after it was issued."""

    def present(user: User) -> str:
        token = issue_token(user)
        change(user)
        return token

    return present


def _of_nobody(user: User) -> str:
    token = issue_token(user)
    get_access_token_model().objects.filter(user=user).update(user=None)
    return token


def _stored_digest(user: User) -> str:
    issue_token(user)
    return str(get_access_token_model().objects.get(user=user).token_checksum)


def _suspend(user: User) -> None:
    suspend_tenant(user.tenant)


def _come_back(user: User) -> None:
    """Deactivated and back again: she has to sign in anew."""
    services.deactivate_user(user)
    services.activate_user(user)


CASES = [
    TokenCase("good", issue_token, is_good=True),
    TokenCase("good for a moment", lambda user: issue_token(user, lifetime=timedelta(minutes=1)), is_good=True),
    TokenCase("of several scopes", lambda user: issue_token(user, scope="other im more"), is_good=True),
    TokenCase("expired", lambda user: issue_token(user, lifetime=timedelta(seconds=-1))),
    TokenCase("of another scope", lambda user: issue_token(user, scope="other"), is_narrow=True),
    TokenCase("of a longer scope", lambda user: issue_token(user, scope="imx"), is_narrow=True),
    TokenCase("of no scope", lambda user: issue_token(user, scope=""), is_narrow=True),
    TokenCase("revoked", _then(services.revoke_tokens)),
    TokenCase("of a deactivated user", _then(services.deactivate_user)),
    TokenCase("of a user who was deactivated meanwhile", _then(_come_back)),
    TokenCase("of a suspended tenant", _then(_suspend)),
    TokenCase("of nobody", _of_nobody),
    TokenCase("empty", lambda user: ""),
    TokenCase("nonsense", lambda user: "nonsense"),
    TokenCase("a NUL", lambda user: "\0"),
    TokenCase("half a character", lambda user: "\ud800"),
    TokenCase("very long", lambda user: "x" * 10_000),
    TokenCase("the stored digest itself", _stored_digest),
]
