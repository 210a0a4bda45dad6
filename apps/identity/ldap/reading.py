"""Reading a whole directory, and single people of it: entries become people and departments, in the planner's words.

An entry that lacks what it needs is found, not guessed at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from apps.identity.ldap.client import Directory, Entry
from apps.identity.ldap.names import DnKey, both, dn_key, equals, equals_id, lasting_id
from apps.identity.ldap.settings import LdapSettings
from apps.identity.syncing.states import WantedDepartment, WantedPerson
from apps.identity.syncing.steps import Finding

MAX_DEPARTMENTS: Final = 20_000
"""Of one directory; one with more is not synchronised."""
_DISABLED_BIT: Final = 2
_TRUE: Final = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of a person: where it lies, and what it says."""

    dn: str
    wanted: WantedPerson


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a directory has, as it spells it, and what could not be understood."""

    departments: tuple[WantedDepartment, ...]
    people: tuple[WantedPerson, ...]
    findings: tuple[Finding, ...]
    unusable: frozenset[str] = frozenset()
    """Lasting ids of entries that are there but lack something."""


def read_directory(directory: Directory, settings: LdapSettings, *, first: int | None = None) -> Contents:
    """Return everybody and every department. Raises DirectoryFailed: half a directory is never returned.

    `first`: only so many people, to try settings out.
    """
    incomplete: list[Entry] = []
    units = list(_departments(directory, settings, incomplete)) if settings.departments != "none" else []
    members = _Members(settings, units)
    departments = tuple(members.departments())
    people = []
    entries = directory.search(settings.people_base, settings.people_filter, _wanted_attributes(settings))
    for entry in islice(entries, first):
        person = _person(entry, settings)
        if person is None:
            incomplete.append(entry)
            continue
        people.append(_in(person, members.of(entry.dn)))
    return Contents(
        departments,
        tuple(people),
        tuple(Finding("incomplete", entry.dn) for entry in incomplete),
        frozenset(lasting_id(settings.attributes.id, entry.raw(settings.attributes.id)) for entry in incomplete),
    )


def find_person(directory: Directory, settings: LdapSettings, *, key: str = "", username: str = "") -> Person | None:
    """Return the one person with this lasting id, or of this user name; None for nobody, or for more than one.

    Raises DirectoryFailed.
    """
    names = settings.attributes
    wanted = equals_id(names.id, key) if key else equals(names.username, username)
    text = both(settings.people_filter, wanted)
    entries = list(directory.search(settings.people_base, text, _wanted_attributes(settings), limit=10))
    if len(entries) != 1:
        return None
    person = _person(entries[0], settings)
    return None if person is None else Person(entries[0].dn, person)


def count_entries(directory: Directory, base: str, text: str, *, most: int) -> int:
    """Return how many entries a filter finds; `most` for so many or more. Raises DirectoryFailed."""
    return sum(1 for _entry in islice(directory.search(base, text, ["1.1"]), most))


class _Members:
    """Which departments there are, and who is in which."""

    def __init__(self, settings: LdapSettings, entries: list[tuple[str, str, Entry]]) -> None:
        self._settings = settings
        self._named = {dn_key(entry.dn): (key, name) for key, name, entry in entries}
        self._groups: dict[DnKey, list[str]] = {}
        if settings.departments == "groups":
            for key, _name, entry in entries:
                for member in entry.attributes.get(settings.attributes.member.lower(), []):
                    self._groups.setdefault(dn_key(member.decode("utf-8", "replace")), []).append(key)

    def departments(self) -> Iterator[WantedDepartment]:
        for dn, (key, name) in self._named.items():
            if self._settings.departments == "groups":
                around = [each for each in self._groups.get(dn, []) if each != key]
                yield WantedDepartment(key, around[0] if around else None, name)
            else:
                yield WantedDepartment(key, self._enclosing(dn[1:]), name)

    def of(self, dn: str) -> tuple[str, ...]:
        own = dn_key(dn)
        if self._settings.departments == "groups":
            return tuple(self._groups.get(own, ()))
        unit = self._enclosing(own[1:])
        return () if unit is None else (unit,)

    def _enclosing(self, dn: DnKey) -> str | None:
        """The key of the nearest department that a name lies in."""
        for start in range(len(dn)):
            found = self._named.get(dn[start:])
            if found is not None:
                return found[0]
        return None


def _departments(
    directory: Directory, settings: LdapSettings, incomplete: list[Entry]
) -> Iterator[tuple[str, str, Entry]]:
    names = settings.attributes
    wanted = [names.id, names.department] + ([names.member] if settings.departments == "groups" else [])
    base = dn_key(settings.departments_base)
    found: Iterable[Entry] = directory.search(
        settings.departments_base, settings.departments_filter, wanted, limit=MAX_DEPARTMENTS
    )
    # By length, so that parents come first whatever the order of the answer.
    for entry in sorted(found, key=lambda each: (len(dn_key(each.dn)), each.dn)):
        if dn_key(entry.dn) == base:  # stands for the department that the connection fills
            continue
        key, name = lasting_id(names.id, entry.raw(names.id)), entry.text(names.department)
        if key and name:
            yield key, name, entry
        else:
            incomplete.append(entry)


def _person(entry: Entry, settings: LdapSettings) -> WantedPerson | None:
    names = settings.attributes
    key, username = lasting_id(names.id, entry.raw(names.id)), entry.text(names.username)
    if not key or not username:
        return None
    return WantedPerson(
        key=key,
        username=username,
        display_name=entry.text(names.display_name) or username,
        email=entry.text(names.email),
        title=entry.text(names.title),
        is_active=not _is_disabled(entry, names.disabled),
    )


def _in(person: WantedPerson, departments: tuple[str, ...]) -> WantedPerson:
    return WantedPerson(
        person.key,
        person.username,
        person.display_name,
        person.email,
        person.title,
        person.is_active,
        departments,
    )


def _is_disabled(entry: Entry, attribute: str) -> bool:
    value = entry.text(attribute)
    if attribute.lower() == "useraccountcontrol":
        return value.lstrip("-").isdigit() and bool(int(value) & _DISABLED_BIT)
    return value.lower() in _TRUE


def _wanted_attributes(settings: LdapSettings) -> list[str]:
    names = settings.attributes
    wanted = [names.id, names.username, names.display_name, names.email, names.title, names.disabled]
    return [name for name in wanted if name]
