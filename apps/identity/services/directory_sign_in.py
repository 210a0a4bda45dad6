"""Signing in with the password of a directory. The password goes to the directory and nowhere else, and is not kept.

Whose account it is, the link tells: the entry with the lasting id that she is linked to, not one of her name. Every
name of a tenant with a directory takes the same way to it: a search and a bind, the bind of one that isn't the
directory's with a name that nobody has and a password that nobody typed. So how long it takes doesn't tell who has an
account there, here, or nowhere. While it runs no database connection is held.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.db import connection as database

from apps.accounts.models import User
from apps.accounts.services.hashing import HashingSlots
from apps.common.errors import ImError
from apps.common.retry import run_in_transaction
from apps.identity.ldap.client import Directory, is_right
from apps.identity.ldap.failures import DirectoryFailed
from apps.identity.ldap.reading import Contents, Person, find_person
from apps.identity.ldap.settings import LdapSettings, SettingsRefused, read_settings
from apps.identity.models import Connection, Link
from apps.identity.models.links import MAX_LABEL_CHARS
from apps.identity.sealing import opened_secret
from apps.identity.services.acting import program_of
from apps.identity.services.directories.wanting import as_wanted
from apps.orgs.services import NewPerson, create_person
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

MAX_DIRECTORIES: Final = 3
"""Asked for one sign-in, by name; further ones of a tenant are not."""
REST_S: Final = 30.0
"""After a directory did not answer it isn't asked for so long: those with passwords here should not wait for it."""
MAX_RESTING: Final = 1_000
MAX_PASSWORD_CHARS: Final = 1_000
"""A longer one is nobody's, and is not sent."""

turns: Final = HashingSlots(at_once=8, max_waiting=64, wait_s=5.0)
"""How many sign-ins of one process talk to directories at the same time; whoever comes at the bound is told to wait."""


@dataclass(frozen=True, slots=True)
class _Way:
    connection: Connection
    settings: LdapSettings
    password: str


class Resting:
    """Which directories did not answer lately. Those that failed longest ago are forgotten at the bound."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: OrderedDict[UUID, float] = OrderedDict()

    def note(self, key: UUID) -> None:
        """Let it rest."""
        with self._lock:
            self._until.pop(key, None)
            self._until[key] = self._clock() + REST_S
            while len(self._until) > MAX_RESTING:
                self._until.popitem(last=False)

    def has(self, key: UUID) -> bool:
        """Tell whether it rests."""
        with self._lock:
            return self._until.get(key, 0.0) > self._clock()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._until.clear()


resting: Final = Resting()


def prove(tenant: Tenant, user: User | None, *, username: str, password: str, now: datetime) -> User | None:
    """Return whose password this is in one of the tenant's directories; None for nobody's, or no directory.

    `user`: who has this name here. Raises SignInBusy.
    """
    ways = _ways(tenant)
    if not ways or not password or len(password) > MAX_PASSWORD_CHARS:
        return None
    links = {} if user is None else _links(user)
    if not database.in_atomic_block:
        database.close()
    found: tuple[_Way, Person] | None = None
    for way in ways:
        key = links.get(way.connection.pk, "")
        is_candidate = bool(key) or user is None
        person = _ask(way, key=key, username=username, password=password if is_candidate else "")
        if person is not None and found is None:
            found = (way, person)
    if found is None:
        return None
    way, person = found
    if user is None:
        user = _newcomer(way.connection, person, username=username, now=now)
    if user is not None:
        Link.objects.for_tenant(tenant.pk).filter(user=user, connection=way.connection).update(last_used_at=now)
    return user


def _ways(tenant: Tenant) -> list[_Way]:
    rows = Connection.objects.for_tenant(tenant.pk).select_related("department")
    found = []
    for connection in rows.filter(kind=Connection.Kind.LDAP, is_active=True).order_by("name", "id")[:MAX_DIRECTORIES]:
        try:
            settings = read_settings(connection.config)
            if settings.signs_in and not resting.has(connection.pk):
                found.append(_Way(connection, settings, opened_secret(connection.pk, connection.secret)))
        except (SettingsRefused, ImError):
            logger.warning("a directory can't be used to sign in", extra={"connection": str(connection.pk)})
    return found


def _links(user: User) -> dict[UUID, str]:
    rows = Link.objects.for_tenant(user.tenant_id).filter(user=user)
    return dict(rows.values_list("connection_id", "external_id"))


def _ask(way: _Way, *, key: str, username: str, password: str) -> Person | None:
    """Return the person if it is her password. Without one, or for somebody unknown, it only takes as long."""
    decoy = secrets.token_hex(16)
    with turns.turn():
        try:
            with Directory(way.settings, way.password) as directory:
                person = find_person(directory, way.settings, key=key, username=username)
            may_be = person is not None and bool(password)
            dn = person.dn if person is not None and may_be else f"cn={decoy},{way.settings.people_base}"
            is_hers = is_right(way.settings, dn=dn, password=password if may_be else decoy)
        except DirectoryFailed as error:
            resting.note(way.connection.pk)
            logger.warning(
                "a directory did not answer at a sign-in",
                extra={"connection": str(way.connection.pk), "why": error.trouble},
            )
            return None
    return person if is_hers and person is not None and may_be and person.wanted.is_active else None


def _newcomer(connection: Connection, person: Person, *, username: str, now: datetime) -> User | None:
    """The account of somebody whom the directory knows and who has none of this name here.

    She may have one of an earlier name, which is linked. Else one is made, if the connection makes accounts.
    """
    rows = Link.objects.for_tenant(connection.tenant_id).select_related("user__tenant").filter(connection=connection)
    link = rows.filter(external_id=person.wanted.key).first()
    if link is not None:
        return link.user
    wanted, _findings = as_wanted(Contents((), (person.wanted,), ()))
    is_of_name = bool(wanted.people) and wanted.people[0].username == username
    if connection.provisioning != Connection.Provisioning.CREATE or not is_of_name:
        return None
    one = wanted.people[0]
    new = NewPerson(
        username=one.username, password=None, display_name=one.display_name, email=one.email, title=one.title
    )

    def make() -> User:
        user = create_person(
            program_of(connection),
            person=new,
            department_id=connection.department_id,
            tenant_id=connection.tenant_id,
            now=now,
        )
        Link.objects.for_tenant(connection.tenant_id).create(
            tenant_id=connection.tenant_id,
            connection=connection,
            user=user,
            external_id=one.key,
            label=one.username[:MAX_LABEL_CHARS],
        )
        return user

    try:
        return run_in_transaction(make)
    except (ImError, IntegrityError) as error:
        why = error.code if isinstance(error, ImError) else "conflict"
        logger.warning("somebody of a directory got no account", extra={"connection": str(connection.pk), "why": why})
        return None
