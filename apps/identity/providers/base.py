"""What all parties that speak OAuth 2.0 have in common (RFC 6749, RFC 7636, RFC 9700), on django-allauth.

allauth keeps the state in the person's session, bound to one connection and used once, and makes the requests. An
application of allauth is made of a connection each time; nothing of allauth's tables is used. An account's name is
compared within its connection only, so names at two parties or of two tenants never meet.
"""

from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse

from apps.identity.configs.reading import FEDERATED, read_config
from apps.identity.models import Connection
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.identity.policies import Visitor
from apps.identity.providers.asking import BoundedSession
from apps.identity.sealing import opened_secret

C = TypeVar("C", bound=msgspec.Struct)

CALLBACK: Final = "identity-callback"
"""The name of the address that people come back to."""

_MALFORMED: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError, msgspec.ValidationError)
"""What reading an answer of another form than documented raises."""


class Arrived(Exception):
    """Somebody has come whom the other party vouches for."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__()
        self.visitor = visitor


class ConnectionProvider(OAuth2Provider):
    """One connection, as allauth sees it. Nothing that a visitor's address asks for goes to the other party."""

    account_class = ProviderAccount
    adapter: "ConnectionAdapter[Any]"

    def get_oauth2_adapter(self, request: HttpRequest) -> "ConnectionAdapter[Any]":
        """What speaks with the other party."""
        return self.adapter

    def get_auth_params(self) -> dict[str, Any]:
        """What this kind sends along."""
        return dict(self.adapter.authorize_params)

    def get_scope(self) -> list[str]:
        """What is asked for."""
        return list(self.adapter.scopes())

    def get_pkce_params(self) -> dict[str, Any]:
        """A code challenge where the other party knows it; those that don't ignore or refuse it."""
        self.app.settings["oauth_pkce_enabled"] = self.adapter.uses_pkce
        params: dict[str, Any] = super().get_pkce_params()
        return params


class ConnectionAdapter(OAuth2Adapter, Generic[C]):
    """Speaks with the other party of one connection."""

    uses_pkce: ClassVar[bool] = False
    authorize_params: ClassVar[dict[str, str]] = {}
    provider_class: ClassVar[type[ConnectionProvider]] = ConnectionProvider

    def __init__(self, request: HttpRequest, connection: Connection) -> None:
        super().__init__(request)
        self.connection = connection
        self.provider_id = str(connection.pk)
        self.config: C = read_config(connection.config, FEDERATED[connection.kind])  # type: ignore[assignment]
        self.state: dict[str, Any] = {}
        """What was kept in the session when the person left for the other party."""

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        raise NotImplementedError

    def scopes(self) -> tuple[str, ...]:
        """What is asked for."""
        return ()

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """Who has come, by what the other party said of her."""
        raise NotImplementedError

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What the other party says of the person whom a token is for."""
        raise NotImplementedError

    def get_provider(self) -> ConnectionProvider:
        """The connection as allauth sees it."""
        app = SocialApp(
            provider=self.connection.kind,
            provider_id=self.provider_id,
            name=self.connection.name,
            client_id=self.config.client_id,  # type: ignore[attr-defined]  # each of these kinds has one
            secret=opened_secret(self.connection.pk, self.connection.secret),
            settings={},
        )
        provider = self.provider_class(self.request, app=app)
        provider.adapter = self
        return provider

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Each connection's own address: an answer of one party is never taken for another's (RFC 9700 §4.4)."""
        return callback_address(request, self.connection.pk)

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: OAuth2Client, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Exchange the code. Raises OAuth2Error for an answer of another form, too."""
        try:
            answer = super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)
            return dict(answer)
        except _MALFORMED as error:
            raise OAuth2Error("the answer to the code has another form") from error

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Find out who has come, and hand her over before allauth does anything about her: raises Arrived."""
        try:
            visitor = self.visitor(self.claims(request, token.token, kwargs["response"]))
        except _MALFORMED as error:
            raise OAuth2Error("the answer about the person has another form") from error
        if not 1 <= len(visitor.external_id) <= MAX_EXTERNAL_ID_CHARS:
            raise OAuth2Error("the answer names no account")
        raise Arrived(visitor)

    def ask(self) -> BoundedSession:
        """Return what asks the other party."""
        return BoundedSession()


def callback_address(request: HttpRequest, connection_id: UUID) -> str:
    """Return where people come back to: what is registered at the other party."""
    return request.build_absolute_uri(reverse(CALLBACK, args=[connection_id]))


def text_of(data: dict[str, Any], name: str) -> str:
    """Return a text of an answer, or nothing where there is none."""
    found = data.get(name)
    return found.strip() if isinstance(found, str) else ""
