"""Feishu and Lark: an application of one's own, by their OAuth 2.0 (open.feishu.cn, "authen/v2/oauth/token").

allauth's provider speaks an older form at fixed addresses; installations of one's own need others.
"""

from typing import Any, ClassVar

from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.http import HttpRequest

from apps.identity.configs.federated import FeishuConfig
from apps.identity.policies import Visitor
from apps.identity.providers.asking import BoundedSession, json_of
from apps.identity.providers.base import ConnectionAdapter, text_of


class FeishuClient(OAuth2Client):
    """Exchanges codes by JSON."""

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None
    ) -> dict[str, Any]:
        """Return the answer to a code. Raises OAuth2Error."""
        asked = {
            "grant_type": "authorization_code",
            "client_id": self.consumer_key,
            "client_secret": self.consumer_secret,
            "code": code,
            "redirect_uri": self.callback_url,
        }
        if pkce_code_verifier:
            asked["code_verifier"] = pkce_code_verifier
        with BoundedSession() as session:
            answer = json_of(session.post(self.access_token_url, json=asked))
        if answer.get("code") != 0 or "access_token" not in answer:
            raise OAuth2Error(f"Feishu refuses the code: {answer.get('code')}")
        return answer


class FeishuAdapter(ConnectionAdapter[FeishuConfig]):
    """Speaks with Feishu."""

    uses_pkce: ClassVar[bool] = True
    client_class = FeishuClient

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        return f"{self.config.accounts_url}/open-apis/authen/v1/authorize"

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return f"{self.config.api_url}/open-apis/authen/v2/oauth/token"

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What Feishu knows of the person, if she is of the company that the connection names."""
        with self.ask() as session:
            told = json_of(
                session.get(
                    f"{self.config.api_url}/open-apis/authen/v1/user_info", headers={"Authorization": f"Bearer {token}"}
                )
            )
        if told.get("code") != 0:
            raise OAuth2Error(f"Feishu tells nothing of the person: {told.get('code')}")
        data: dict[str, Any] = told["data"]
        if self.config.tenant_key and data.get("tenant_key") != self.config.tenant_key:
            raise OAuth2Error("a person of another company")
        return data

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """Only the address that the company gave her is hers for sure; the other one she typed herself."""
        company = text_of(data, "enterprise_email")
        return Visitor(
            external_id=text_of(data, "open_id"),
            label=text_of(data, "name"),
            username=company.partition("@")[0],
            display_name=text_of(data, "name"),
            email=company or text_of(data, "email"),
            is_email_verified=bool(company),
        )
