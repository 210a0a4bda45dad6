"""Which settings a kind of connection has, and reading them from what is stored. Pure."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from apps.identity.configs.federated import (
    DingTalkConfig,
    FeishuConfig,
    OidcConfig,
    SamlConfig,
    WecomConfig,
    WeixinConfig,
)
from apps.identity.errors import ConnectionUnset

C = TypeVar("C", bound=msgspec.Struct)

FEDERATED: Final[Mapping[str, type[msgspec.Struct]]] = {
    "oidc": OidcConfig,
    "saml": SamlConfig,
    "feishu": FeishuConfig,
    "dingtalk": DingTalkConfig,
    "wecom": WecomConfig,
    "weixin": WeixinConfig,
}
"""Kinds that people sign in with at another party."""


def read_config(stored: Any, form: type[C]) -> C:
    """Return the settings in the form that their kind has. Raises ConnectionUnset."""
    try:
        return msgspec.convert(stored, form)
    except msgspec.ValidationError as error:
        raise ConnectionUnset(reason=str(error)) from error


def written_config(config: msgspec.Struct) -> dict[str, Any]:
    """Return what to store of settings."""
    plain: dict[str, Any] = msgspec.to_builtins(config)
    return plain
