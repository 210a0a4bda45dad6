"""Settings of connections that people sign in with at another party. Pure.

Addresses are https, but for those of the machine itself; each has the party's public one as its default, so that an
installation of one's own is named by one field.
"""

from typing import Annotated, Final

import msgspec

ADDRESS_PATTERN: Final = (
    r"^(https://[A-Za-z0-9.\-\[\]:]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?)(/[^\s?#]*)?\Z"
)
MAX_CERTIFICATE_CHARS: Final = 20_000
MAX_SCOPES: Final = 20

Address = Annotated[str, msgspec.Meta(max_length=500, pattern=ADDRESS_PATTERN)]
Query = Annotated[str, msgspec.Meta(max_length=1000, pattern=ADDRESS_PATTERN.replace("?#", "#"))]
"""An address that may have a query, as sign-on services of SAML do."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^\S(.*\S)?\Z")]
Optional = Annotated[str, msgspec.Meta(max_length=255)]


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Unknown fields are refused: a misspelt one would silently do nothing."""


class OidcConfig(_Settings, frozen=True):
    """OpenID Connect Discovery 1.0 §4: all else is read from below the issuer's address."""

    issuer: Address
    client_id: Name
    scopes: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MAX_SCOPES)] = ("openid", "profile", "email")
    id_claim: Name = "sub"
    """The claim that names an account for ever; Entra ID's lasting one across applications is `oid`."""


class SamlConfig(_Settings, frozen=True):
    """SAML 2.0: the identity provider's metadata, as far as they matter."""

    entity_id: Name
    sso_url: Query
    certificate: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CERTIFICATE_CHARS)]
    """One PEM certificate or several, the old and the new one while the provider changes its key."""
    id_attribute: Optional = ""
    """Names an account for ever; empty: the NameID, which then must not be transient."""
    email_attribute: Optional = "email"
    name_attribute: Optional = "displayName"


class FeishuConfig(_Settings, frozen=True):
    """An application of one's own at Feishu or Lark."""

    client_id: Name
    """The App ID."""
    tenant_key: Optional = ""
    """Of the only company whose people may come; empty: whomever the application is published to."""
    accounts_url: Address = "https://accounts.feishu.cn"
    api_url: Address = "https://open.feishu.cn"


class DingTalkConfig(_Settings, frozen=True):
    """An application of one's own at DingTalk. Everybody at DingTalk may sign in there, so the company is named."""

    client_id: Name
    """The AppKey."""
    corp_id: Name
    login_url: Address = "https://login.dingtalk.com"
    api_url: Address = "https://api.dingtalk.com"


class WecomConfig(_Settings, frozen=True):
    """An application of one's own at WeCom (企业微信)."""

    client_id: Name
    """The company's CorpID."""
    agent_id: Name
    login_url: Address = "https://login.work.weixin.qq.com"
    api_url: Address = "https://qyapi.weixin.qq.com"


class WeixinConfig(_Settings, frozen=True):
    """A web application at WeChat's open platform."""

    client_id: Name
    """The AppID."""
    login_url: Address = "https://open.weixin.qq.com"
    api_url: Address = "https://api.weixin.qq.com"
