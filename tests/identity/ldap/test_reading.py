"""Reading a real directory: everybody, single people, and what entries mean."""

import pytest

from apps.identity.ldap.client import Directory, Entry
from apps.identity.ldap.reading import Contents, count_entries, find_person, read_directory
from apps.identity.ldap.reading import _is_disabled as is_disabled
from apps.identity.ldap.settings import Attributes, LdapSettings
from tests.identity.slapd import PEOPLE, READER_PASSWORD, SUFFIX, Slapd, departments


def read(settings: LdapSettings) -> Contents:
    with Directory(settings, READER_PASSWORD) as directory:
        return read_directory(directory, settings)


def paths(contents: Contents) -> set[tuple[str, ...]]:
    by_key = {each.key: each for each in contents.departments}

    def path(key: str | None) -> tuple[str, ...]:
        return () if key is None else (*path(by_key[key].parent), by_key[key].name)

    return {path(key) for key in by_key}


def test_units_are_departments_and_people_are_in_the_nearest(slapd: Slapd) -> None:
    contents = read(slapd.settings())

    assert paths(contents) == set(departments())
    assert len(contents.people) == 220
    assert contents.findings == ()
    names = {each.key: each.name for each in contents.departments}
    assert {names[key] for key in contents.people[0].departments} <= {"研发部"}


def test_groups_are_departments_with_their_members(slapd: Slapd) -> None:
    settings = slapd.settings(
        departments="groups",
        departments_base=f"ou=组,{SUFFIX}",
        departments_filter="(objectClass=groupOfNames)",
        attributes=Attributes(department="cn"),
    )

    contents = read(settings)

    assert {each.name for each in contents.departments} == {"研发部", "市场部", "人事部"}
    assert all(len(person.departments) == 1 for person in contents.people)


def test_without_departments_people_are_read_alone(slapd: Slapd) -> None:
    contents = read(slapd.settings(departments="none"))

    assert contents.departments == ()
    assert not any(person.departments for person in contents.people)


def test_an_entry_without_a_name_is_found_and_its_id_kept(slapd: Slapd) -> None:
    contents = read(slapd.settings(people_filter="(uid=user000)", attributes=Attributes(username="employeeNumber")))

    assert contents.people == ()
    assert [finding.code for finding in contents.findings] == ["incomplete"]
    assert len(contents.unusable) == 1


def test_one_person_is_found_by_name_and_by_lasting_id_whatever_she_types(slapd: Slapd) -> None:
    settings = slapd.settings()
    with Directory(settings, READER_PASSWORD) as directory:
        found = find_person(directory, settings, username="user003")
        assert found is not None
        assert find_person(directory, settings, key=found.wanted.key) == found
        for typed in ("*", "user00*", "user003)(uid=*", "user003)(|(uid=*", "nobody"):
            assert find_person(directory, settings, username=typed) is None
        assert count_entries(directory, PEOPLE, "(uid=user00*)", most=100) == 10
        assert count_entries(directory, PEOPLE, "(uid=user00*)", most=7) == 7


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("userAccountControl", b"514", True),
        ("userAccountControl", b"512", False),
        ("userAccountControl", b"many", False),
        ("nsAccountLock", b"TRUE", True),
        ("nsAccountLock", b"false", False),
        ("", b"", False),
    ],
)
def test_somebody_may_be_disabled(attribute: str, value: bytes, expected: bool) -> None:
    entry = Entry("cn=a", {attribute.lower(): [value]})

    assert is_disabled(entry, attribute) is expected
