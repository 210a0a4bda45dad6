"""SAML 2.0 web sign-on as a service provider (SAML Profiles §4.1), on python3-saml.

Only what we asked for is believed: an answer to the very request of this browser, made for this address and this
service, within five minutes, with a signed assertion. Not here: sign-on that the provider begins, and signing out
there.
"""

import binascii
from dataclasses import dataclass
from typing import Any, Final

import xmlsec
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from apps.identity.configs.federated import SamlConfig
from apps.identity.errors import ConnectionUnset
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.identity.policies import Visitor

MAX_ANSWER_CHARS: Final = 256 * 1024
"""Of a response, in base64; a longer one is refused unread."""
END_CERTIFICATE: Final = "-----END CERTIFICATE-----"

_REFUSALS: Final = (
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
    etree.LxmlError,
    xmlsec.Error,
    binascii.Error,
    ValueError,
    KeyError,
    TypeError,
)
"""What reading a response that is none may raise."""


class AssertionRefused(Exception):
    """The response proves nothing. Its text is for the log."""


@dataclass(frozen=True, slots=True)
class Service:
    """What we are to the provider: where it sends people, where our metadata are, which are our name, too."""

    acs_url: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request in which a response came."""

    is_https: bool
    host: str
    path: str
    form: dict[str, str]


def asked(config: SamlConfig, service: Service, exchange: Exchange, *, relay_state: str) -> tuple[str, str]:
    """Return where to send the browser, and the id of the request that is in that address."""
    auth = _auth(config, service, exchange)
    url = auth.login(return_to=relay_state)
    return str(url), str(auth.get_last_request_id())


def answered(config: SamlConfig, service: Service, exchange: Exchange, *, request_id: str) -> Visitor:
    """Return whom the response to our request vouches for. Raises AssertionRefused."""
    if not request_id:
        raise AssertionRefused("nothing was asked for")
    if len(exchange.form.get("SAMLResponse", "")) > MAX_ANSWER_CHARS:
        raise AssertionRefused("the response is too long")
    try:
        auth = _auth(config, service, exchange)
        auth.process_response(request_id=request_id)
    except _REFUSALS as error:
        raise AssertionRefused(str(error)) from error
    if auth.get_errors() or not auth.is_authenticated():
        raise AssertionRefused(str(auth.get_last_error_reason() or auth.get_errors()))
    return _visitor(config, auth)


def metadata_of(config: SamlConfig, service: Service) -> bytes:
    """Return our metadata for the provider (SAML Metadata §2.4.4)."""
    settings = OneLogin_Saml2_Settings(_settings(config, service), sp_validation_only=True)
    found = settings.get_sp_metadata()
    return found if isinstance(found, bytes) else str(found).encode()


def certificates_of(config: SamlConfig) -> list[str]:
    """Return the provider's certificates, each by itself. Raises ConnectionUnset for one that can't be read."""
    found = [
        each.strip() + "\n" + END_CERTIFICATE for each in config.certificate.split(END_CERTIFICATE) if each.strip()
    ]
    for each in found:
        try:
            load_pem_x509_certificate(each.encode())
        except ValueError as error:
            raise ConnectionUnset(reason=str(error)) from error
    return found


def _auth(config: SamlConfig, service: Service, exchange: Exchange) -> Any:
    request = {
        "https": "on" if exchange.is_https else "off",
        "http_host": exchange.host,
        "script_name": exchange.path,
        "get_data": {},
        "post_data": exchange.form,
    }
    return OneLogin_Saml2_Auth(request, _settings(config, service))


def _settings(config: SamlConfig, service: Service) -> dict[str, Any]:
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": service.entity_id,
            "assertionConsumerService": {
                "url": service.acs_url,
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_POST,
            },
            "NameIDFormat": OneLogin_Saml2_Constants.NAMEID_UNSPECIFIED,
        },
        "idp": {
            "entityId": config.entity_id,
            "singleSignOnService": {
                "url": config.sso_url,
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_REDIRECT,
            },
            "x509certMulti": {"signing": certificates_of(config)},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantMessagesSigned": False,
            "wantNameId": not config.id_attribute,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "rejectUnsolicitedResponsesWithInResponseTo": True,
            "allowSingleLabelDomains": True,
            "signatureAlgorithm": OneLogin_Saml2_Constants.RSA_SHA256,
            "digestAlgorithm": OneLogin_Saml2_Constants.SHA256,
        },
    }


def _visitor(config: SamlConfig, auth: Any) -> Visitor:
    """The company's own provider vouches for the address as it does for the rest."""
    attributes = {**(auth.get_friendlyname_attributes() or {}), **(auth.get_attributes() or {})}
    name_id = str(auth.get_nameid() or "")
    if config.id_attribute:
        external_id = _first(attributes, config.id_attribute)
    elif auth.get_nameid_format() == OneLogin_Saml2_Constants.NAMEID_TRANSIENT:
        raise AssertionRefused("the provider names people anew each time: choose an attribute that stays")
    else:
        external_id = name_id
    if not 1 <= len(external_id) <= MAX_EXTERNAL_ID_CHARS:
        raise AssertionRefused("the assertion names nobody")
    email = _first(attributes, config.email_attribute)
    if not email and auth.get_nameid_format() == OneLogin_Saml2_Constants.NAMEID_EMAIL_ADDRESS:
        email = name_id
    return Visitor(
        external_id=external_id,
        label=email or external_id,
        username=email.partition("@")[0],
        display_name=_first(attributes, config.name_attribute),
        email=email,
        is_email_verified=bool(email),
    )


def _first(attributes: dict[str, Any], name: str) -> str:
    values = attributes.get(name) if name else None
    return str(values[0]).strip() if values and values[0] else ""
