"""WeCom (企业微信): signing in to a company's own application in a browser (developer.work.weixin.qq.com, "wwlogin").

The token is the application's, not the person's: a code is exchanged for her member id with it.
"""

from typing import Any, ClassVar, Final

from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.http import urlencode

from apps.identity.configs.federated import WecomConfig
from apps.identity.policies import Visitor
from apps.identity.providers.asking import BoundedSession, json_of
from apps.identity.providers.base import ConnectionAdapter, ConnectionProvider, text_of

MARGIN_S: Final = 300
"""An application's token is asked for anew so long before it ends."""
MAX_KEPT_S: Final = 7_200


class WecomClient(OAuth2Client):
    """Asks for the application's token, which WeCom wants to be asked for seldom: it is kept while it lasts."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        """Return where the person is sent."""
        params = {
            "login_type": "CorpApp",
            "appid": self.consumer_key,
            "redirect_uri": self.callback_url,
            "state": self.state,
            **extra_params,
        }
        return f"{authorization_url}?{urlencode(params)}"

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None
    ) -> dict[str, Any]:
        """Return the application's token. Raises OAuth2Error."""
        kept = f"identity.wecom.{self.callback_url}.{self.consumer_key}"
        token = cache.get(kept)
        if token is None:
            params = {"corpid": self.consumer_key, "corpsecret": self.consumer_secret}
            with BoundedSession() as session:
                answer = told(json_of(session.get(self.access_token_url, params=params)))
            token = answer["access_token"]
            cache.set(kept, token, min(int(answer["expires_in"]), MAX_KEPT_S) - MARGIN_S)
        return {"access_token": token, "code": code}


class WecomProvider(ConnectionProvider):
    """Names the application of the company."""

    def get_auth_params(self) -> dict[str, Any]:
        """Its number beside the company's."""
        return {"agentid": self.adapter.config.agent_id}


class WecomAdapter(ConnectionAdapter[WecomConfig]):
    """Speaks with WeCom."""

    client_class = WecomClient
    provider_class: ClassVar[type[ConnectionProvider]] = WecomProvider

    @property
    def authorize_url(self) -> str:
        """Where people are sent."""
        return f"{self.config.login_url}/wwlogin/sso/login"

    @property
    def access_token_url(self) -> str:
        """Where the application's token comes from."""
        return f"{self.config.api_url}/cgi-bin/gettoken"

    def claims(self, request: HttpRequest, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Her member id, and what the company lets the application know of her. Who is no member does not come in."""
        api = f"{self.config.api_url}/cgi-bin"
        with self.ask() as session:
            who = told(
                json_of(session.get(f"{api}/auth/getuserinfo", params={"access_token": token, "code": answer["code"]}))
            )
            member = text_of(who, "userid")
            if not member:
                raise OAuth2Error("no member of the company")
            known = json_of(session.get(f"{api}/user/get", params={"access_token": token, "userid": member}))
        return {**(known if known.get("errcode") == 0 else {}), "userid": member}

    def visitor(self, data: dict[str, Any]) -> Visitor:
        """The mailbox that the company gave her is hers for sure."""
        company = text_of(data, "biz_mail")
        return Visitor(
            external_id=text_of(data, "userid"),
            label=text_of(data, "name") or text_of(data, "userid"),
            username=text_of(data, "userid"),
            display_name=text_of(data, "name"),
            email=company or text_of(data, "email"),
            is_email_verified=bool(company),
        )


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is no refusal. Raises OAuth2Error."""
    if answer.get("errcode", 0) != 0:
        raise OAuth2Error(f"WeCom refuses: {answer.get('errcode')}")
    return answer
