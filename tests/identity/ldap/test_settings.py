"""A directory's settings: what is believed, what is refused."""

from typing import Any

import pytest

from apps.identity.ldap.settings import SettingsRefused, is_loopback, preset, read_settings, split_server

GIVEN: dict[str, Any] = {
    "servers": ["ldap1.example.com", "ldap2.example.com:3269"],
    "bind_dn": "cn=reader,dc=example,dc=com",
    "people_base": "ou=人员,dc=example,dc=com",
    "departments_base": "ou=人员,dc=example,dc=com",
}


def test_encryption_is_what_nobody_has_to_ask_for() -> None:
    settings = read_settings(GIVEN)

    assert settings.security == "ldaps"
    assert settings.attributes.id == "entryUUID"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"servers": []}, "servers"),
        ({"servers": ["a b"]}, "servers"),
        ({"servers": ["x"] * 6}, "servers"),
        ({"servers": ["x:65536"]}, "servers"),
        ({"bind_dn": "reader"}, "bind_dn"),
        ({"people_filter": "(uid=a)(uid=b)"}, "people_filter"),
        ({"departments_base": ""}, "departments_base"),
        ({"security": "plain"}, "security"),
        ({"timeout_s": 31}, "timeout_s"),
        ({"attributes": {"username": "uid)(x=*"}}, "username"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(SettingsRefused, match=where):
        read_settings({**GIVEN, **changes})


def test_in_the_clear_only_on_the_machine_itself() -> None:
    servers = ["127.0.0.1:389", "localhost", "[::1]:389"]

    assert read_settings({**GIVEN, "security": "plain", "servers": servers}).security == "plain"
    assert is_loopback("127.0.0.9")


@pytest.mark.parametrize("server", ["127.evil.example.com:389", "localhost.example.com", "10.0.0.1", "[::2]:389"])
def test_what_only_looks_like_the_machine_itself_is_another(server: str) -> None:
    assert not is_loopback(server)
    with pytest.raises(SettingsRefused, match="security"):
        read_settings({**GIVEN, "security": "plain", "servers": [server]})


def test_a_make_of_directory_fills_in_what_was_not_given() -> None:
    settings = read_settings(preset("active_directory", {**GIVEN, "attributes": {"email": "proxyAddress"}}))

    assert settings.attributes.id == "objectGUID"
    assert settings.attributes.email == "proxyAddress"
    assert read_settings(preset("openldap", GIVEN)).attributes.username == "uid"


@pytest.mark.parametrize(
    ("make", "wanted"), [("openldap", "(objectClass=groupOfNames)"), ("active_directory", "(objectClass=group)")]
)
def test_a_make_says_what_groups_are(make: str, wanted: str) -> None:
    settings = read_settings(preset(make, {**GIVEN, "departments": "groups"}))

    assert (settings.departments_filter, settings.attributes.department) == (wanted, "cn")


def test_servers_have_a_host_and_perhaps_a_port() -> None:
    assert split_server("a.example", default_port=636) == ("a.example", 636)
    assert split_server("a.example:1636", default_port=636) == ("a.example", 1636)
    assert split_server("[2001:db8::1]", default_port=636) == ("2001:db8::1", 636)
    assert split_server("[2001:db8::1]:9", default_port=636) == ("2001:db8::1", 9)
