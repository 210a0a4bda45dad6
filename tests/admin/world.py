"""A small world for the admin: two tenants, two organisations, departments with people, and an admin at every level.

acme (tenant)                       rival (tenant)
├─ North (organisation)             └─ Abroad (organisation)
│  ├─ Sales ─ East                     └─ Depot
│  └─ Research
└─ South (organisation)
   └─ Store
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from apps.access.roles import DEPARTMENT_ADMIN, ORGANISATION_ADMIN, SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, Scope, tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.accounts.services.naming import make_findable
from apps.orgs.models import Department, Organisation
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.placements import place_person
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant, ensure_system_tenant
from tests.admin.conftest import give_role
from tests.conftest import PASSWORD

LEVELS: Final = ("system", "tenant", "organisation", "department")
"""Whoever has no power at all does not get in; tests name her "nobody"."""

PLACES: Final[dict[str, tuple[str, ...]]] = {
    "rival": ("system",),
    "south": ("system", "tenant"),
    "research": ("system", "tenant", "organisation"),
    "sales": ("system", "tenant", "organisation", "department"),
}
"""Where things are that tests look for, and which levels reach there."""


@dataclass
class World:
    """Everything by its name."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    admins: dict[str, User] = field(default_factory=dict)

    def client(self, level: str) -> Client:
        """The browser of an admin."""
        client = Client()
        client.force_login(self.admins[level])
        return client

    def scope(self, level: str) -> Scope:
        """Where an admin has her powers."""
        scopes = {
            "system": SYSTEM,
            "tenant": tenant_scope(self.tenants["acme"].pk),
            "organisation": self.departments["North"].scope,
            "department": self.departments["Sales"].scope,
        }
        return scopes[level]

    def department_of(self, place: str) -> Department:
        """The department that stands for a place of `PLACES`."""
        return self.departments[{"rival": "Depot", "south": "Store", "research": "Research", "sales": "Sales"}[place]]


def make_world() -> World:
    """Make it, by the services, as the system's superuser."""
    world = World()
    hashed = make_password(PASSWORD)
    root = create_user(ensure_system_tenant(), username="root", password=PASSWORD, is_superuser=True)
    now = timezone.now()
    for slug, shape in _SHAPE.items():
        tenant = world.tenants[slug] = create_tenant(slug=slug, name=f"{slug.title()} Group")
        for name, tops in shape.items():
            organisation = create_organisation(root, name=name, tenant_id=tenant.pk, now=now)
            world.organisations[name] = organisation
            top = world.departments[name] = Department.unscoped.get(organisation=organisation, parent=None)
            for parent, child in _pairs(top.name, tops):
                around = world.departments[parent]
                made = create_department(root, parent_id=around.pk, name=child, now=now)
                world.departments[child] = made
    for place in PLACES:
        department = world.department_of(place)
        person = _person(department.tenant, f"{place}-person", hashed)
        place_person(root, user_id=person.pk, department_id=department.pk, title="Clerk", now=now)
        world.people[place] = person
    world.admins = {"root": root, "nobody": _person(world.tenants["acme"], "nobody", hashed)}
    for level, role in zip(LEVELS, (SYSTEM_ADMIN, TENANT_ADMIN, ORGANISATION_ADMIN, DEPARTMENT_ADMIN), strict=True):
        tenant = ensure_system_tenant() if level == "system" else world.tenants["acme"]
        admin = world.admins[level] = _person(tenant, f"{level}-admin", hashed)
        give_role(admin, role, scope=world.scope(level))
    return world


_SHAPE: Final[dict[str, dict[str, dict[str, tuple[str, ...]]]]] = {
    "acme": {"North": {"Sales": ("East",), "Research": ()}, "South": {"Store": ()}},
    "rival": {"Abroad": {"Depot": ()}},
}


def _pairs(top: str, below: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, children in below.items():
        yield top, name
        for child in children:
            yield name, child


def _person(tenant: Tenant, username: str, hashed: str) -> User:
    """One hash for all: hashing a password takes longer than everything else here."""
    user = User(
        tenant=tenant,
        username=username,
        login=f"{username}@{tenant.slug}",
        display_name=username.title(),
        password=hashed,
    )
    make_findable(user)
    user.save(force_insert=True)
    return user
