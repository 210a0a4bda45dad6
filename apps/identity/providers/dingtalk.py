"""DingTalk: sign-in to third-party sites (open.dingtalk.com, "userAccessToken"), on allauth's client.

Everybody at DingTalk may sign in there: the answer names the company, and only people of the connection's come in.
"""

from typing import Any, ClassVar

from allauth.socialaccount.providers.dingtalk.client import DingTalkOAuth2Client
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest

from apps.identity.configs.federated import DingTalkConfig
from apps.identity.policies import Visitor
from apps.identity.providers.asking import json_of
from apps.identity.providers.base import ConnectionAdapter, text_of


class DingTalkAdapter(ConnectionAdapter[DingTalkConfig]):
    """Speaks with DingTalk."""

    authorize_params: ClassVar[dict[str, str]] = {"prompt": "consent"}
    client_class = DingTalkOAuth2Client

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        return f"{self.config.login_url}/oauth2/auth"

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return f"{self.config.api_url}/v1.0/oauth2/userAccessToken"

    def scopes(self) -> tuple[str, ...]:
        """With the company."""
        return ("openid", "corpid")

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What DingTalk knows of the person, if she came as one of the connection's company."""
        if answer.get("corpId") != self.config.corp_id:
            raise OAuth2Error("a person of another company")
        with self.ask() as session:
            return json_of(
                session.get(
                    f"{self.config.api_url}/v1.0/contact/users/me", headers={"x-acs-dingtalk-access-token": token}
                )
            )

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """Her address is what she typed there herself."""
        return Visitor(
            external_id=text_of(data, "openId"),
            label=text_of(data, "nick"),
            display_name=text_of(data, "nick"),
            email=text_of(data, "email"),
        )
