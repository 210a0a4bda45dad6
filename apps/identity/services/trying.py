"""Trying a connection out without signing anybody in: whether the other party is there, and knows us."""

from typing import Any

import requests
from django.utils.translation import gettext as _

from apps.identity.configs.reading import FEDERATED, read_config
from apps.identity.errors import ConnectionUnset
from apps.identity.models import Connection
from apps.identity.providers.asking import BoundedSession, json_of
from apps.identity.providers.saml import certificates_of
from apps.identity.sealing import opened_secret


def try_connection(connection: Connection) -> str:
    """Return in words what is well. Raises ConnectionUnset with what is not. Takes as long as the other party does."""
    if connection.kind not in FEDERATED:
        raise ConnectionUnset(reason=_("this kind is tried out on its own page"))
    config: Any = read_config(connection.config, FEDERATED[connection.kind])
    if connection.kind == Connection.Kind.SAML:
        count = len(certificates_of(config))
        return _("%(count)d certificate can be read; the rest shows when somebody signs in.") % {"count": count}
    if connection.kind == Connection.Kind.WEIXIN:
        return _("The settings are complete; the rest shows when somebody signs in.")
    try:
        with BoundedSession() as session:
            return _ask(session, connection, config)
    except requests.RequestException as error:
        raise ConnectionUnset(reason=f"{type(error).__name__}: {str(error)[:200]}") from error


def _ask(session: BoundedSession, connection: Connection, config: Any) -> str:
    if connection.kind == Connection.Kind.OIDC:
        issuer = config.issuer.rstrip("/")
        found = json_of(session.get(f"{issuer}/.well-known/openid-configuration"))
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise ConnectionUnset(
                reason=_("the address belongs to the issuer %(name)s") % {"name": found.get("issuer")}
            )
        keys = json_of(session.get(str(found.get("jwks_uri")))).get("keys")
        if not isinstance(keys, list) or not keys:
            raise ConnectionUnset(reason=_("the issuer has no keys"))
        return _("The issuer answers; whether it knows us shows when somebody signs in.")
    secret = opened_secret(connection.pk, connection.secret)
    answer, accepted = _prove(session, connection.kind, config, secret)
    if not accepted:
        said = answer.get("errmsg") or answer.get("msg") or answer.get("message") or answer.get("code")
        raise ConnectionUnset(reason=_("it does not know us: %(said)s") % {"said": str(said)[:200]})
    return _("It answers and knows us.")


def _prove(session: BoundedSession, kind: str, config: Any, secret: str) -> tuple[dict[str, Any], bool]:
    """Ask for a token of the application: the answer, and whether it is one."""
    if kind == Connection.Kind.WECOM:
        params = {"corpid": config.client_id, "corpsecret": secret}
        answer = json_of(session.get(f"{config.api_url}/cgi-bin/gettoken", params=params))
        return answer, answer.get("errcode") == 0
    if kind == Connection.Kind.FEISHU:
        body = {"app_id": config.client_id, "app_secret": secret}
        answer = json_of(session.post(f"{config.api_url}/open-apis/auth/v3/app_access_token/internal", json=body))
        return answer, answer.get("code") == 0
    body = {"appKey": config.client_id, "appSecret": secret}
    answer = json_of(session.post(f"{config.api_url}/v1.0/oauth2/accessToken", json=body))
    return answer, "accessToken" in answer
