"""OpenID Connect (Core 1.0, Discovery 1.0): the code flow with PKCE, a nonce, and an identity token that is checked.

allauth trusts an identity token that came straight from the token endpoint; here its signature, issuer, audience, times
and nonce are checked all the same (Core §3.1.3.7), by keys of the issuer, never by the client's secret.
"""

import secrets
from typing import Any, ClassVar, Final

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.http import HttpRequest, HttpResponse

from apps.identity.configs.federated import OidcConfig
from apps.identity.policies import Visitor
from apps.identity.providers.asking import json_of
from apps.identity.providers.base import ConnectionAdapter, ConnectionProvider, text_of

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the issuer can make: neither `none`, nor those made with a secret that we have, too."""
LEEWAY_S: Final = 300
"""So far may the issuer's clock be from ours."""
MAX_TOKEN_CHARS: Final = 64 * 1024
MAX_KEYS: Final = 50


class OidcProvider(ConnectionProvider):
    """Sends a nonce along and keeps it with the state."""

    def redirect(
        self, request: HttpRequest, process: Any, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send the person to the issuer."""
        nonce = secrets.token_urlsafe(24)
        params = {**self.get_auth_params(), "nonce": nonce}
        kwargs.pop("auth_params", None)
        response: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=params, nonce=nonce, **kwargs
        )
        return response


class OidcAdapter(ConnectionAdapter[OidcConfig]):
    """Speaks with an OpenID provider."""

    uses_pkce: ClassVar[bool] = True
    provider_class: ClassVar[type[ConnectionProvider]] = OidcProvider

    @property
    def metadata(self) -> dict[str, Any]:
        """The issuer's own description, read once for each request. Raises requests.RequestException, OAuth2Error."""
        found: dict[str, Any] | None = getattr(self, "_metadata", None)
        if found is None:
            issuer = self.config.issuer.rstrip("/")
            with self.ask() as session:
                found = json_of(session.get(f"{issuer}/.well-known/openid-configuration"))
            if str(found.get("issuer", "")).rstrip("/") != issuer:
                raise OAuth2Error("the description is of another issuer")
            self._metadata = found
        return found

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        return str(self.metadata["authorization_endpoint"])

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return str(self.metadata["token_endpoint"])

    @property
    def basic_auth(self) -> bool:
        """How the client proves itself: in the body if the issuer says so, else as RFC 6749 §2.3.1 wants it."""
        methods = self.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in methods

    def scopes(self) -> tuple[str, ...]:
        """With `openid` always."""
        return tuple({"openid": None, **dict.fromkeys(self.config.scopes)})

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: OAuth2Client, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Exchange the code, which is shown to nobody but the issuer that it came from (RFC 9207 §2.4)."""
        named = request.GET.getlist("iss")
        is_named = self.metadata.get("authorization_response_iss_parameter_supported") is True
        if named != [self.metadata["issuer"]] and (named or is_named):
            raise OAuth2Error("the code came from another issuer, or does not say from which")
        return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What the identity token says, and what the issuer tells in addition about the same person (Core §5.3.2)."""
        proven = self.verified(str(answer["id_token"]))
        where = self.metadata.get("userinfo_endpoint")
        if not where:
            return proven
        with self.ask() as session:
            told = json_of(session.get(str(where), headers={"Authorization": f"Bearer {token}"}))
        if told.get("sub") != proven["sub"]:
            raise OAuth2Error("the issuer tells of somebody else")
        return {**told, **proven}

    def verified(self, token: str) -> dict[str, Any]:
        """Return the claims of an identity token (Core §3.1.3.7). Raises OAuth2Error."""
        if len(token) > MAX_TOKEN_CHARS:
            raise OAuth2Error("the identity token is too long")
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise OAuth2Error(f"identity tokens signed by {algorithm!r} prove nothing")
            claims: dict[str, Any] = jwt.decode(
                token,
                key=self._key(header.get("kid"), str(algorithm)),
                algorithms=[str(algorithm)],
                audience=self.config.client_id,
                issuer=str(self.metadata["issuer"]),
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"the identity token is refused: {error}") from error
        self._check_party(claims)
        return claims

    def _check_party(self, claims: dict[str, Any]) -> None:
        nonce = self.state.get("nonce")
        if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), str(nonce).encode()):
            raise OAuth2Error("the identity token was made for another sign-in")
        party = claims.get("azp")
        if ((isinstance(claims["aud"], list) and len(claims["aud"]) > 1) or party) and party != self.config.client_id:
            raise OAuth2Error("the identity token was made for another client")

    def _key(self, kid: Any, algorithm: str) -> Any:
        """The issuer's key of this name; its only one where the token names none."""
        with self.ask() as session:
            listed = json_of(session.get(str(self.metadata["jwks_uri"])))["keys"][:MAX_KEYS]
        fitting = [each for each in listed if each.get("use", "sig") == "sig" and each.get("kty") != "oct"]
        named = [each for each in fitting if each.get("kid") == kid] if kid is not None else fitting
        if len(named) != 1:
            raise OAuth2Error("the issuer has no such key")
        return jwt.PyJWK(named[0], algorithm=algorithm).key

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """By the standard claims (Core §5.1)."""
        return Visitor(
            external_id=str(data[self.config.id_claim]),
            label=text_of(data, "email") or text_of(data, "preferred_username"),
            username=text_of(data, "preferred_username"),
            display_name=text_of(data, "name"),
            email=text_of(data, "email"),
            is_email_verified=data.get("email_verified") is True,
        )
