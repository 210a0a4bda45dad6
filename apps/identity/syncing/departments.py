"""Plans how the departments become as the directory has them. Pure.

From the top down: whatever is above a department is in its place by the time its turn comes, so nothing is ever moved
below itself. Who has a name that another one needs is given a passing one first, so names can be swapped.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.identity.syncing.states import Present, PresentDepartment, Rules, Wanted, WantedDepartment
from apps.identity.syncing.steps import (
    AdoptDepartment,
    CreateDepartment,
    DeleteDepartment,
    Finding,
    MoveDepartment,
    Place,
    RenameDepartment,
    Step,
)
from apps.identity.syncing.trees import Simulated, parked_name


@dataclass(frozen=True, slots=True)
class Structure:
    """What becomes of the departments: steps before and after those of the people, and where each key is found."""

    steps: tuple[Step, ...]
    deletions: tuple[DeleteDepartment, ...]
    findings: tuple[Finding, ...]
    places: Mapping[str, Place]


def plan_departments(wanted: Wanted, present: Present, rules: Rules) -> Structure:
    """Return what to do about departments. Local ones stay as they are unless they are adopted."""
    return _Planner(wanted, present, rules).plan()


class _Planner:
    def __init__(self, wanted: Wanted, present: Present, rules: Rules) -> None:
        self._wanted = wanted.departments
        self._root = present.root
        self._rules = rules
        self._by_id: dict[UUID, PresentDepartment] = {each.id: each for each in present.departments}
        self._by_key = {each.key: each for each in present.departments if each.key is not None}
        self._tree = Simulated(present.departments)
        self._keys = {each.key for each in wanted.departments} | wanted.unusable
        self._settled: set[Place] = set()
        self._places: dict[str, Place] = {}
        self._steps: list[Step] = []
        self._findings: list[Finding] = []

    def plan(self) -> Structure:
        for department in self._from_top():
            if department.parent is None or department.parent in self._places:
                self._settle(department)
            else:
                self._find("parent_left_out", department.name)
        deletions = self._deletions()
        return Structure(tuple(self._steps), deletions, tuple(self._findings), self._places)

    def _from_top(self) -> Iterator[WantedDepartment]:
        """The departments of the directory, parents first; what hangs on nothing, or on itself, is found and left."""
        below: defaultdict[str | None, list[WantedDepartment]] = defaultdict(list)
        seen: set[str] = set()
        for each in self._wanted:
            if each.key in seen:
                self._find("key_twice", each.name)
                continue
            seen.add(each.key)
            below[each.parent].append(each)
        waiting = deque(below.pop(None, []))
        while waiting:
            department = waiting.popleft()
            yield department
            waiting.extend(below.pop(department.key, []))
        for lost in below.values():
            for each in lost:
                self._find("no_parent", each.name)

    def _settle(self, wanted: WantedDepartment) -> None:
        parent: Place = self._root if wanted.parent is None else self._places[wanted.parent]
        known = self._by_key.get(wanted.key)
        if not self._make_room(parent, wanted, known):
            if known is not None:
                self._places[wanted.key] = known.id
                self._settled.add(known.id)
            return
        place: Place
        if known is not None:
            place = known.id
            self._bring(known, parent, wanted.name)
        elif (local := self._tree.occupant(parent, wanted.name)) is not None:
            place = local
            self._steps.append(AdoptDepartment(wanted.key, _existing(local), wanted.name))
        else:
            place = wanted.key
            self._steps.append(CreateDepartment(wanted.key, parent, wanted.name))
            self._tree.put(place, parent, wanted.name)
        self._places[wanted.key] = place
        self._settled.add(place)

    def _make_room(self, parent: Place, wanted: WantedDepartment, known: PresentDepartment | None) -> bool:
        """Whether the name is free there, or can be had: from one that gets another, or from a local one to adopt."""
        if known is not None and self._tree.is_within(parent, known.id):
            self._find("below_itself", wanted.name)
            return False
        holder = self._tree.occupant(parent, wanted.name)
        if holder is None or (known is not None and holder == known.id):
            return True
        if holder in self._settled:
            self._find("name_twice", wanted.name)
            return False
        department = self._by_id[_existing(holder)]
        if department.key is not None:
            self._rename(department.id, parked_name(department.name, department.id), is_parking=True)
            return True
        if known is None and self._rules.adopts:
            return True
        self._find("name_taken", wanted.name)
        return False

    def _bring(self, known: PresentDepartment, parent: Place, name: str) -> None:
        """Move and rename as need be, over a passing name where both places have another one of that name."""
        old_parent, old_name = self._tree.slot(known.id)
        if old_parent != parent:
            if old_name != name and self._tree.occupant(parent, old_name) is not None:
                self._rename(known.id, parked_name(name, known.id), is_parking=True)
            current = self._tree.slot(known.id)[1]
            self._tree.put(known.id, parent, current)
            self._steps.append(MoveDepartment(known.id, name, parent))
        if self._tree.slot(known.id)[1] != name:
            self._rename(known.id, name)

    def _rename(self, department: UUID, name: str, *, is_parking: bool = False) -> None:
        parent, old = self._tree.slot(department)
        self._tree.put(department, parent, name)
        self._steps.append(RenameDepartment(department, old, name, is_parking))

    def _deletions(self) -> tuple[DeleteDepartment, ...]:
        """Departments that the directory no longer has, the deepest first, as far as nothing local is in them."""
        gone = [each for each in self._by_id.values() if each.key is not None and each.key not in self._keys]
        found = []
        for each in sorted(gone, key=lambda each: (-self._tree.depth(each.id), each.name, each.id)):
            if each.has_locals or self._tree.children(each.id):
                self._find("not_empty", each.name)
                continue
            self._tree.drop(each.id)
            found.append(DeleteDepartment(each.id, each.name))
        return tuple(found)

    def _find(self, code: str, subject: str) -> None:
        self._findings.append(Finding(code, subject))


def _existing(place: Place) -> UUID:
    """The id of a department that is there: what an earlier step makes is settled, and nobody's to take over."""
    assert isinstance(place, UUID)  # noqa: S101
    return place
