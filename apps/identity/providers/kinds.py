"""Who speaks with which kind of party by OAuth 2.0."""

from collections.abc import Mapping
from typing import Any, Final

from apps.identity.models import Connection
from apps.identity.providers.base import ConnectionAdapter
from apps.identity.providers.dingtalk import DingTalkAdapter
from apps.identity.providers.feishu import FeishuAdapter
from apps.identity.providers.oidc import OidcAdapter
from apps.identity.providers.wecom import WecomAdapter
from apps.identity.providers.weixin import WeixinAdapter

OAUTH: Final[Mapping[str, type[ConnectionAdapter[Any]]]] = {
    Connection.Kind.OIDC: OidcAdapter,
    Connection.Kind.FEISHU: FeishuAdapter,
    Connection.Kind.DINGTALK: DingTalkAdapter,
    Connection.Kind.WECOM: WecomAdapter,
    Connection.Kind.WEIXIN: WeixinAdapter,
}
