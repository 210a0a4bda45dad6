"""WeChat (微信): signing in to a site by scanning a code (open.weixin.qq.com, "qrconnect"), on allauth's client."""

from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.weixin.client import WeixinOAuth2Client
from django.http import HttpRequest

from apps.identity.configs.federated import WeixinConfig
from apps.identity.policies import Visitor
from apps.identity.providers.asking import json_of
from apps.identity.providers.base import ConnectionAdapter, text_of


class WeixinAdapter(ConnectionAdapter[WeixinConfig]):
    """Speaks with WeChat."""

    client_class = WeixinOAuth2Client

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        return f"{self.config.login_url}/connect/qrconnect"

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return f"{self.config.api_url}/sns/oauth2/access_token"

    def scopes(self) -> tuple[str, ...]:
        """The only one for sites."""
        return ("snsapi_login",)

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What WeChat knows of the person. The answer is UTF-8, whatever its header says."""
        with self.ask() as session:
            told = json_of(
                session.get(
                    f"{self.config.api_url}/sns/userinfo", params={"access_token": token, "openid": answer["openid"]}
                )
            )
        if told.get("errcode", 0) != 0 or told.get("openid") != answer["openid"]:
            raise OAuth2Error(f"WeChat tells nothing of the person: {told.get('errcode')}")
        return told

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """WeChat knows no address; names there are whatever people like."""
        name = text_of(data, "nickname")
        return Visitor(external_id=text_of(data, "openid"), label=name, display_name=name)
