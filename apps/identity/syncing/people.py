"""Plans how the people become as the directory has them. Pure.

Whoever has left the directory is deactivated, never deleted. People of nobody's directory, their places elsewhere and
what an administrator has switched off stay as they are.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final
from uuid import UUID

from apps.identity.syncing.states import Present, PresentPerson, PresentPlace, Rules, Wanted, WantedPerson
from apps.identity.syncing.steps import (
    ActivatePerson,
    AdoptPerson,
    ChangePerson,
    CreatePerson,
    DeactivatePerson,
    Finding,
    Place,
    PlacePerson,
    RemovePlace,
    Step,
)

MAX_PLACES: Final = 20
"""Of one person in departments of the directory; further ones are left out, and found."""


class People:
    """One planning: `places` says where each of the directory's departments is found, `managed` which are its own."""

    def __init__(self, present: Present, places: Mapping[str, Place], managed: Collection[UUID], rules: Rules) -> None:
        self._root = present.root
        self._places = places
        self._managed = managed
        self._rules = rules
        self._by_key = {each.key: each for each in present.people if each.key is not None}
        self._by_username = {each.username: each for each in present.people}
        self.findings: list[Finding] = []

    def plan(self, wanted: Wanted, *, vanishing: Collection[UUID]) -> Iterator[Step]:
        """Yield what to do about people. `vanishing` are departments that nobody may be left in."""
        left: dict[UUID, set[UUID]] = {}
        for person in self._once(wanted.people):
            steps = list(self._settle(person))
            for step in steps:
                if isinstance(step, RemovePlace):
                    left.setdefault(step.person, set()).add(step.department)
            yield from steps
        keys = {person.key for person in wanted.people} | wanted.unusable
        for present in self._by_key.values():
            if present.key not in keys and present.is_active:
                yield DeactivatePerson(present.id, present.username, is_gone=True)
            for department in sorted(set(present.places) & set(vanishing) - left.get(present.id, set())):
                yield RemovePlace(present.id, present.username, department)

    def _once(self, wanted: tuple[WantedPerson, ...]) -> Iterator[WantedPerson]:
        """People with a key and a user name that no earlier one has."""
        keys: set[str] = set()
        usernames: set[str] = set()
        for person in wanted:
            if person.key in keys or person.username in usernames:
                self.findings.append(Finding("person_twice", person.username, person.display_name))
                continue
            keys.add(person.key)
            usernames.add(person.username)
            yield person

    def _settle(self, wanted: WantedPerson) -> Iterator[Step]:
        known = self._by_key.get(wanted.key)
        if known is None:
            known = self._by_username.get(wanted.username)
            if known is None:
                yield from self._create(wanted)
                return
            if not (self._rules.adopts and known.is_adoptable and known.key is None):
                self.findings.append(Finding("username_taken", wanted.username, wanted.display_name))
                return
            yield AdoptPerson(wanted.key, known.id, known.username)
        yield from self._change(known, wanted)
        if wanted.is_active and (known.is_active or known.is_ours_to_activate):
            yield from self._move(known, wanted)

    def _create(self, wanted: WantedPerson) -> Iterator[Step]:
        if not wanted.is_active:
            return
        if not self._rules.creates:
            self.findings.append(Finding("no_account", wanted.username, wanted.display_name))
            return
        yield CreatePerson(wanted.key, wanted.username, wanted.display_name, wanted.email)
        for index, place in enumerate(self._targets(wanted)):
            yield PlacePerson(wanted.username, place, wanted.title, is_primary=index == 0)

    def _change(self, known: PresentPerson, wanted: WantedPerson) -> Iterator[Step]:
        name = None if known.display_name == wanted.display_name else wanted.display_name
        email = None if wanted.email in ("", known.email) else wanted.email
        if name is not None or email is not None:
            yield ChangePerson(known.id, known.username, name, email)
        if known.is_active and not wanted.is_active:
            yield DeactivatePerson(known.id, known.username, is_gone=False)
        elif wanted.is_active and known.is_ours_to_activate and not known.is_active:
            yield ActivatePerson(known.id, known.username)

    def _move(self, known: PresentPerson, wanted: WantedPerson) -> Iterator[Step]:
        targets = self._targets(wanted)
        for index, place in enumerate(targets):
            is_primary = index == 0 and not known.has_primary_elsewhere
            there = known.places.get(place) if isinstance(place, UUID) else None
            title = wanted.title or (there.title if there else "")
            if there != PresentPlace(title, is_primary):
                yield PlacePerson(known.username, place, title, is_primary, is_there=there is not None)
        for department in sorted(set(known.places) & set(self._managed) - set(targets)):
            yield RemovePlace(known.id, known.username, department)

    def _targets(self, wanted: WantedPerson) -> list[Place]:
        """Where she belongs: in the department that the connection fills where the directory names none."""
        found = list(dict.fromkeys(self._places[key] for key in wanted.departments if key in self._places))
        if len(found) > MAX_PLACES:
            self.findings.append(Finding("too_many_places", wanted.username, str(len(found))))
        return found[:MAX_PLACES] or [self._root]
