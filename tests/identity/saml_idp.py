"""A SAML identity provider of pysaml2, which signs with xmlsec1, for one service of ours."""

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

ENTITY_ID, SSO_URL = "https://idp.acme.test/metadata", "https://idp.acme.test/sso"


class Idp:
    """Signs what it is asked for with the key whose certificate is `certificate`."""

    def __init__(self, folder: Path, sso_url: str = SSO_URL) -> None:
        if shutil.which("xmlsec1") is None:
            pytest.skip("xmlsec1 is missing: apt-get install xmlsec1")
        self.folder = folder
        self.sso_url = sso_url
        self.certificate = _make_key(folder)
        self._servers: dict[str, Server] = {}

    def config(self) -> dict[str, str]:
        """What a connection is told of it."""
        return {
            "entity_id": ENTITY_ID,
            "sso_url": self.sso_url,
            "certificate": self.certificate,
            "email_attribute": "mail",
        }

    def read(self, metadata: str, packed: str) -> tuple[str, str]:
        """Return the id of a request as it came in an address, and where its answer goes (SAML Bindings §3.4)."""
        asked = self._server(metadata).parse_authn_request(packed, BINDING_HTTP_REDIRECT)
        where = self._server(metadata).response_args(asked.message)
        return str(where["in_response_to"]), str(where["destination"])

    def respond(self, metadata: str, request_id: str, acs_url: str, entity_id: str, **wanted: Any) -> str:
        """Return a response, as it would be posted before base64, to a request of the service with these metadata."""
        name_id = NameID(format=wanted.pop("format", NAMEID_FORMAT_PERSISTENT), text=wanted.pop("name_id", "person-1"))
        identity = wanted.pop("identity", {"mail": ["alice@acme.test"], "displayName": ["爱丽丝"]})
        return str(
            self._server(metadata).create_authn_response(
                identity,
                in_response_to=request_id,
                destination=wanted.pop("destination", acs_url),
                sp_entity_id=entity_id,
                name_id=name_id,
                authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
                **{"sign_assertion": True, "sign_response": False, **wanted},
            )
        )

    def _server(self, metadata: str) -> Server:
        if metadata not in self._servers:
            config = IdPConfig()
            config.load(
                {
                    "entityid": ENTITY_ID,
                    "xmlsec_binary": shutil.which("xmlsec1"),
                    "key_file": str(self.folder / "key.pem"),
                    "cert_file": str(self.folder / "cert.pem"),
                    "metadata": {"inline": [metadata]},
                    "service": {
                        "idp": {
                            "endpoints": {
                                "single_sign_on_service": [(self.sso_url, BINDING_HTTP_REDIRECT)],
                                "single_logout_service": [(self.sso_url, BINDING_HTTP_POST)],
                            },
                            "policy": {
                                "default": {
                                    "lifetime": {"minutes": 15},
                                    "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
                                }
                            },
                            "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                            "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
                        }
                    },
                }
            )
            self._servers[metadata] = Server(config=config)
        return self._servers[metadata]


def _make_key(folder: Path) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.acme.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    certificate = built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    (folder / "cert.pem").write_bytes(certificate)
    return certificate.decode()
