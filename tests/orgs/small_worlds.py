"""Random small worlds, as the reference knows them and as rows of the database; the same seed gives the same world."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.orgs import models
from apps.orgs.visibility import Agreement, Department, Organisation, Person, Placement, World
from apps.tenants.models import Tenant

PEOPLE = "abcdef"


@dataclass(frozen=True)
class Stored:
    """A world that is in the database too, as a tenant of its own; ids by the names of the world and the reverse."""

    seed: int
    world: World
    users: dict[str, User]
    departments: dict[str, UUID]

    @property
    def tenant_id(self) -> UUID:
        return self.users[PEOPLE[0]].tenant_id

    def names(self, user_ids: Iterable[UUID]) -> set[str]:
        by_id = {user.id: name for name, user in self.users.items()}
        return {by_id[user_id] for user_id in user_ids}

    def department_names(self, department_ids: Iterable[UUID]) -> set[str]:
        by_id = {row_id: name for name, row_id in self.departments.items()}
        return {by_id[row_id] for row_id in department_ids}


def make_world(seed: int) -> World:
    """Up to three organisations with small trees; every rule has its chance."""
    random = Random(seed)
    organisations = {
        f"o{n}": Organisation(random.choice(["organisation", "branch", "department"]), random.random() > 0.1)
        for n in range(random.choice([0, 1, 2, 2, 3, 3]))
    }
    departments: dict[str, Department] = {}
    for organisation in organisations:
        departments[f"{organisation}r"] = Department(organisation, is_hidden=random.random() < 0.05)
        for n in range(random.randint(0, 5)):
            parent = random.choice([key for key in departments if key.startswith(organisation)])
            departments[f"{organisation}d{n}"] = Department(organisation, parent, random.random() < 0.2)
    pairs = list(itertools.permutations(PEOPLE, 2))
    return World(
        people={name: Person(random.random() > 0.1, random.random() < 0.15, random.random() < 0.15) for name in PEOPLE},
        organisations=organisations,
        departments=departments,
        placements=tuple(_placements(random, list(departments))),
        agreements=tuple(
            Agreement(giver, taker, *random.choice([(True, True), (True, False), (True, False), (False, False)]))
            for giver, taker in itertools.permutations(organisations, 2)
            if random.random() < 0.8
        ),
        contacts=frozenset(pair for pair in itertools.combinations(PEOPLE, 2) if random.random() < 0.1),
        blocks=frozenset(pair for pair in pairs if random.random() < 0.07),
    )


def store_world(world: World) -> Stored:
    """Put one world into the database, as a tenant."""
    return _store([_with_ids(0, world)])[0]


def store_worlds(seeds: Iterable[int]) -> list[Stored]:
    """Put the worlds of these seeds into the database, each as a tenant; a handful of statements for all of them."""
    return _store([_with_ids(seed, make_world(seed)) for seed in seeds])


def _store(stored: list[Stored]) -> list[Stored]:
    tenants = [each.users[PEOPLE[0]].tenant for each in stored]
    Tenant.objects.bulk_create(tenants)
    User.unscoped.bulk_create(user for each in stored for user in each.users.values())
    organisations = [_organisation_rows(each) for each in stored]
    models.Organisation.unscoped.bulk_create(row for rows in organisations for row in rows.values())
    for each, rows, tree in zip(stored, organisations, itertools.count(1000, 10), strict=False):
        models.Department.unscoped.bulk_create(_department_rows(each, rows, tree))
    models.Placement.unscoped.bulk_create(row for each in stored for row in _placement_rows(each))
    models.PersonSettings.unscoped.bulk_create(row for each in stored for row in _settings_rows(each))
    for each, rows in zip(stored, organisations, strict=True):
        models.Agreement.unscoped.bulk_create(_agreement_rows(each, rows))
    models.Contact.unscoped.bulk_create(row for each in stored for row in _contact_rows(each))
    models.Block.unscoped.bulk_create(row for each in stored for row in _block_rows(each))
    return stored


def _placements(random: Random, departments: list[str]) -> Iterable[Placement]:
    for name in PEOPLE:
        for department in random.sample(departments, min(len(departments), random.choice([0, 1, 1, 1, 2, 3]))):
            yield Placement(name, department, random.random() < 0.3)


def _with_ids(seed: int, world: World) -> Stored:
    tenant = Tenant(slug=f"w{seed}", name=f"World {seed}")
    users = {
        name: User(tenant=tenant, username=name, login=f"{name}@w{seed}", display_name=name, is_active=person.is_active)
        for name, person in world.people.items()
    }
    return Stored(seed, world, users, {name: new_id() for name in world.departments})


def _organisation_rows(stored: Stored) -> dict[str, models.Organisation]:
    return {
        name: models.Organisation(tenant_id=stored.tenant_id, name=name, reach=own.reach, is_active=own.is_active)
        for name, own in stored.world.organisations.items()
    }


def _department_rows(
    stored: Stored, organisations: dict[str, models.Organisation], first_tree: int
) -> Iterable[models.Department]:
    trees = {name: first_tree + place for place, name in enumerate(organisations)}
    for root in [name for name, own in stored.world.departments.items() if own.parent is None]:
        organisation = organisations[stored.world.departments[root].organisation]
        path = f"t:{organisation.tenant_id.hex}/o:{organisation.id.hex}"
        rows: list[models.Department] = []
        _grow(stored, root, path, rows, organisation=organisation, tree=trees[organisation.name], edge=1, level=0)
        yield from rows


def _grow(
    stored: Stored,
    name: str,
    path: str,
    rows: list[models.Department],
    *,
    organisation: models.Organisation,
    tree: int,
    edge: int,
    level: int,
) -> int:
    """Append the rows of a department and all below it, numbered as nested sets are; return the last number."""
    own = stored.world.departments[name]
    row = models.Department(
        id=stored.departments[name],
        tenant_id=organisation.tenant_id,
        organisation=organisation,
        parent_id=stored.departments[own.parent] if own.parent else None,
        name=name,
        path=path,
        is_hidden=own.is_hidden,
        tree_id=tree,
        level=level,
        lft=edge,
    )
    rows.append(row)
    for child in [key for key, other in stored.world.departments.items() if other.parent == name]:
        below = f"{path}/d:{stored.departments[child].hex}"
        edge = _grow(stored, child, below, rows, organisation=organisation, tree=tree, edge=edge + 1, level=level + 1)
    row.rght = edge + 1
    return edge + 1


def _placement_rows(stored: Stored) -> Iterable[models.Placement]:
    for place in stored.world.placements:
        yield models.Placement(
            tenant_id=stored.tenant_id,
            department_id=stored.departments[place.department],
            user=stored.users[place.person],
            is_leader=place.is_leader,
        )


def _settings_rows(stored: Stored) -> Iterable[models.PersonSettings]:
    for name, person in stored.world.people.items():
        if person.is_hidden or person.is_guest:
            yield models.PersonSettings(
                tenant_id=stored.tenant_id,
                user=stored.users[name],
                is_hidden=person.is_hidden,
                is_guest=person.is_guest,
            )


def _agreement_rows(stored: Stored, organisations: dict[str, models.Organisation]) -> Iterable[models.Agreement]:
    """Those in force, and in the places between organisations that have none, ones that are over."""
    now = timezone.now()
    agreed = {(agreement.giver, agreement.taker): agreement for agreement in stored.world.agreements}
    for number, pair in enumerate(itertools.permutations(organisations, 2)):
        agreement = agreed.get(pair)
        yield models.Agreement(
            tenant_id=stored.tenant_id,
            from_organisation=organisations[pair[0]],
            to_organisation=organisations[pair[1]],
            may_see=agreement.may_see if agreement else True,
            may_write=agreement.may_write if agreement else True,
            expires_at=(now + timedelta(days=1) if number % 2 else None) if agreement else now - timedelta(seconds=1),
        )


def _contact_rows(stored: Stored) -> Iterable[models.Contact]:
    """The accepted ones, and between every other pair of neighbours one that was only asked."""
    for number, pair in enumerate(itertools.combinations(PEOPLE, 2)):
        accepted = pair in stored.world.contacts
        if accepted or number % 2:
            first, second = (stored.users[name] for name in (pair if number % 3 else reversed(pair)))
            state = models.Contact.State.ACCEPTED if accepted else models.Contact.State.ASKED
            yield models.Contact(tenant_id=stored.tenant_id, requester=first, other=second, state=state)


def _block_rows(stored: Stored) -> Iterable[models.Block]:
    for blocker, blocked in stored.world.blocks:
        yield models.Block(tenant_id=stored.tenant_id, user=stored.users[blocker], blocked=stored.users[blocked])
