"""Departments and people in memory, which take steps the way the services do: refusing what they would refuse."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from apps.identity.syncing import steps as s
from apps.identity.syncing.states import Present, PresentDepartment, PresentPerson, PresentPlace

ROOT = UUID(int=1)


def uid(number: int) -> UUID:
    """An id for tests."""
    return UUID(int=1_000 + number)


@dataclass
class Model:
    """What is there. Steps that would be refused raise AssertionError."""

    departments: dict[UUID, PresentDepartment] = field(default_factory=dict)
    people: dict[UUID, PresentPerson] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._made: dict[str, UUID] = {}
        self._next = 5_000

    @classmethod
    def of(cls, present: Present) -> "Model":
        departments = {each.id: each for each in present.departments}
        departments.setdefault(ROOT, PresentDepartment(ROOT, None, "root"))
        return cls(departments, {each.id: each for each in present.people})

    def present(self) -> Present:
        return Present(ROOT, tuple(self.departments.values()), tuple(self.people.values()))

    def apply(self, plan: s.Plan) -> None:
        for step in plan.steps:
            self.do(step)

    def do(self, step: s.Step) -> None:
        match step:
            case s.CreateDepartment():
                self._put(PresentDepartment(self._fresh(step.key), self._id(step.parent), step.name, step.key))
            case s.AdoptDepartment():
                self._put(replace(self.departments[step.department], key=step.key))
            case s.RenameDepartment():
                self._put(replace(self.departments[step.department], name=step.name))
            case s.MoveDepartment():
                parent = self._id(step.parent)
                assert step.department not in self.above(parent), "below itself"
                self._put(replace(self.departments[step.department], parent=parent))
            case s.DeleteDepartment():
                assert not self._is_used(step.department), "not empty"
                del self.departments[step.department]
            case s.CreatePerson():
                assert step.username not in {each.username for each in self.people.values()}, "username taken"
                key = self._fresh(step.username)
                self.people[key] = PresentPerson(key, step.username, step.display_name, step.email, key=step.key)
            case _:
                self._do_person(step)

    def _do_person(self, step: s.Step) -> None:
        match step:
            case s.AdoptPerson():
                self._set(step.person, key=step.key)
            case s.ChangePerson():
                person = self.people[step.person]
                self._set(step.person, display_name=step.display_name or person.display_name)
                self._set(step.person, email=step.email or person.email)
            case s.ActivatePerson():
                self._set(step.person, is_active=True, is_ours_to_activate=False)
            case s.DeactivatePerson():
                self._set(step.person, is_active=False, is_ours_to_activate=True)
            case s.PlacePerson():
                person = next(each for each in self.people.values() if each.username == step.username)
                department = self._id(step.department)
                assert (department in person.places) == step.is_there
                others = {
                    key: replace(place, is_primary=place.is_primary and not step.is_primary)
                    for key, place in person.places.items()
                }
                self._set(person.id, places={**others, department: PresentPlace(step.title, step.is_primary)})
            case s.RemovePlace():
                places = dict(self.people[step.person].places)
                del places[step.department]
                self._set(step.person, places=places)
            case _:
                raise AssertionError(step)

    def above(self, department: UUID) -> list[UUID]:
        """The department and all above it."""
        found: list[UUID] = []
        current: UUID | None = department
        while current is not None:
            found.append(current)
            current = self.departments[current].parent
        return found

    def path(self, department: UUID) -> str:
        return "/".join(self.departments[each].name for each in reversed(self.above(department)[:-1]))

    def paths(self) -> set[str]:
        return {self.path(each) for each in self.departments if each != ROOT}

    def _set(self, person: UUID, **values: object) -> None:
        self.people[person] = replace(self.people[person], **values)  # type: ignore[arg-type]

    def _put(self, department: PresentDepartment) -> None:
        others = [each for each in self.departments.values() if each.id != department.id]
        assert (department.parent, department.name) not in {(each.parent, each.name) for each in others}, "name taken"
        self.departments[department.id] = department

    def _is_used(self, department: UUID) -> bool:
        has_people = any(department in each.places for each in self.people.values())
        return has_people or any(each.parent == department for each in self.departments.values())

    def _id(self, place: s.Place) -> UUID:
        return place if isinstance(place, UUID) else self._made[place]

    def _fresh(self, key: str) -> UUID:
        self._next += 1
        self._made[key] = UUID(int=self._next)
        return self._made[key]
