"""Settings of connections accept what is right and refuse the rest."""

import msgspec
import pytest

from apps.identity.configs.federated import FeishuConfig, OidcConfig, SamlConfig


@pytest.mark.parametrize(
    "address",
    ["https://id.acme.test", "https://id.acme.test:8443/realms/a", "http://127.0.0.1:9000/x", "http://localhost"],
)
def test_addresses_are_https_or_the_machines_own(address: str) -> None:
    assert msgspec.convert({"issuer": address, "client_id": "a"}, OidcConfig).issuer == address


@pytest.mark.parametrize(
    "address",
    [
        "http://id.acme.test",
        "https://user@id.acme.test",
        "https://id.acme.test/?a",
        "https://id.acme.test/#a",
        "http://127.0.0.1.evil.test",
        "file:///etc/passwd",
        "https://id.acme.test/ x",
        "https://id.acme.test\n",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"issuer": address, "client_id": "a"}, OidcConfig)


def test_sign_on_services_of_saml_may_have_a_query() -> None:
    stored = {"entity_id": "e", "sso_url": "https://a.test/sso?idp=1", "certificate": "c"}

    assert msgspec.convert(stored, SamlConfig).sso_url.endswith("?idp=1")


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"client_id": "a", "tenant": "b"}, FeishuConfig)
