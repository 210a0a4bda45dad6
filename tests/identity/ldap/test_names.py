"""Filters and names: nothing that anybody types becomes part of their structure."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import parse_filter

from apps.identity.ldap.names import both, dn_key, equals, equals_id, is_dn, is_filter, lasting_id


@pytest.mark.parametrize("typed", ["*", "user*", "a)(uid=*", "*)(|(uid=*", "\\2a", "a\0b", "张伟)(objectClass=*"])
def test_what_is_typed_is_one_value(typed: str) -> None:
    text = equals("uid", typed)

    assert is_filter(text)
    assert not set("*\0") & set(text)
    assert text.count("(") == text.count(")") == 1


@given(st.text(max_size=30))
def test_any_text_at_all_stays_within_its_comparison(typed: str) -> None:
    parsed = parse_filter(both("(objectClass=person)", equals("uid", typed)), None, False, False, None, False)

    assert len(parsed.elements[0].elements) == 2


def test_active_directory_keeps_ids_as_mixed_bytes() -> None:
    key = "00112233-4455-6677-8899-aabbccddeeff"

    assert lasting_id("objectGUID", UUID(key).bytes_le) == key
    assert lasting_id("objectGUID", b"short") == ""
    assert equals_id("objectGUID", key).startswith("(objectGUID=\\33\\22\\11\\00\\55\\44")
    assert equals_id("entryUUID", key) == f"(entryUUID={key})"
    assert lasting_id("entryUUID", key.encode()) == key


@pytest.mark.parametrize("text", ["(uid=*)", "(&(a=b)(|(c=d)(!(e=f))))", "(a:1.2.840.113556.1.4.803:=2)"])
def test_a_filter_is_one(text: str) -> None:
    assert is_filter(text)


@pytest.mark.parametrize("text", ["", "uid=a", "(uid=a", "(uid=a)(uid=b)", "(a=b))(c=d)", "()", "(&(a=b)"])
def test_what_is_no_filter_is_none(text: str) -> None:
    assert not is_filter(text)


def test_two_spellings_of_one_name_are_equal() -> None:
    assert dn_key("OU=\\E7\\A0\\94发部, DC=Example,dc=com") == dn_key("ou=研发部,dc=example,dc=COM")
    assert dn_key("cn=a\\,b,dc=x") == (("cn", "a,b"), ("dc", "x"))
    assert dn_key("cn=a,dc=x") != dn_key("cn=b,dc=x")


@pytest.mark.parametrize("text", ["", "nonsense", 'ou="a,b",dc=x'])
def test_what_is_no_name_is_none(text: str) -> None:
    assert dn_key(text) == ()
    assert not is_dn(text)
