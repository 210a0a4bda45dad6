"""Somebody comes whom another party vouches for: whose account it is, and what happens when it is nobody's yet.

An account there becomes somebody's here in three ways only: she links it herself while she is signed in; it is matched
by a proven address that only this party gives out; or a person is made for it. Never across tenants, never for a
program, never for somebody whose powers reach further than the tenant whose connection it is.
"""

import logging
from datetime import datetime

from django.db import IntegrityError

from apps.access.policies import Powers
from apps.access.scopes import tenant_scope
from apps.access.selectors import powers_of
from apps.accounts.errors import UsernameTaken
from apps.accounts.models import User
from apps.audit.services import Change, record
from apps.common.errors import ImError
from apps.common.ids import new_id
from apps.common.retry import run_in_transaction
from apps.identity.errors import AccountNotMade, AccountUnknown, AlreadyLinked, LinkFirst, LinkRefused
from apps.identity.models import Connection, Link
from apps.identity.models.links import MAX_LABEL_CHARS
from apps.identity.policies import Visitor, is_within, may_come, usernames_for
from apps.identity.selectors import find_link
from apps.identity.services.acting import program_of
from apps.orgs.services.people import NewPerson, create_person

logger = logging.getLogger(__name__)

MAX_DISPLAY_NAME_CHARS = 100


def welcome(connection: Connection, visitor: Visitor, *, now: datetime) -> User:
    """Return the person whose account this is, tenant loaded; link or make her where the connection says so.

    Whether she may sign in is for whoever asked. Raises LinkRefused, AccountUnknown, AccountNotMade, LinkFirst or
    AlreadyLinked.
    """

    def find() -> User:
        _lock(connection)
        link = find_link(connection, visitor.external_id)
        if link is None:
            return _meet(connection, visitor, now)
        _require_linkable(connection, link.user, now)
        link.last_used_at = now
        link.save(update_fields=["last_used_at"])
        return link.user

    return run_in_transaction(find)


def link_account(user: User, connection: Connection, visitor: Visitor, *, now: datetime) -> Link:
    """Make the account hers, who has just proved herself here and there. Doing it again changes nothing.

    Raises LinkRefused or AlreadyLinked.
    """

    def link() -> Link:
        _lock(connection)
        _require_linkable(connection, user, now)
        found = find_link(connection, visitor.external_id)
        if found is not None and found.user_id != user.pk:
            raise AlreadyLinked(name=connection.name)
        return found or _link(connection, user, visitor, now, how="herself")

    return run_in_transaction(link)


def _meet(connection: Connection, visitor: Visitor, now: datetime) -> User:
    """Somebody who was never here."""
    if not may_come(visitor, connection.email_domains):
        raise AccountUnknown(name=connection.name)
    known = _known_by_address(connection, visitor)
    if len(known) == 1 and _is_matched(connection, visitor):
        _require_linkable(connection, known[0], now)
        _link(connection, known[0], visitor, now, how="address")
        return known[0]
    if known:
        raise LinkFirst(name=connection.name)
    if connection.provisioning != Connection.Provisioning.CREATE:
        raise AccountUnknown(name=connection.name)
    user = _make(connection, visitor, now)
    _link(connection, user, visitor, now, how="made")
    return user


def _known_by_address(connection: Connection, visitor: Visitor) -> list[User]:
    """Two at most of the tenant's people who have her proven address: more than one match nobody."""
    if not visitor.proven_email:
        return []
    rows = User.objects.for_tenant(connection.tenant_id).select_related("tenant").order_by("id")
    return list(rows.filter(email__iexact=visitor.proven_email)[:2])


def _is_matched(connection: Connection, visitor: Visitor) -> bool:
    return connection.matching == Connection.Matching.EMAIL and visitor.domain in connection.email_domains


def _make(connection: Connection, visitor: Visitor, now: datetime) -> User:
    actor = program_of(connection)
    for username in usernames_for(visitor):
        person = NewPerson(
            username=username,
            password=None,
            display_name=(visitor.display_name or visitor.label or username)[:MAX_DISPLAY_NAME_CHARS],
            email=visitor.proven_email,
        )
        try:
            return create_person(
                actor,
                person=person,
                department_id=connection.department_id,
                tenant_id=connection.tenant_id,
                now=now,
            )
        except UsernameTaken:
            continue
        except ImError as error:
            logger.warning("account not made: connection=%s reason=%s", connection.pk, error.text)
            raise AccountNotMade(name=connection.name) from error
    logger.warning("account not made: connection=%s reason=all its names are taken", connection.pk)
    raise AccountNotMade(name=connection.name)


def _require_linkable(connection: Connection, user: User, now: datetime) -> None:
    """Only a person of the tenant, whose powers end where the tenant's do."""
    powers: Powers = powers_of(user, now=now)
    is_own = user.tenant_id == connection.tenant_id and user.kind == User.Kind.PERSON
    if not is_own or not is_within(powers, tenant_scope(connection.tenant_id)):
        logger.warning("link refused: connection=%s user=%s", connection.pk, user.pk)
        raise LinkRefused(name=connection.name)


def _link(connection: Connection, user: User, visitor: Visitor, now: datetime, *, how: str) -> Link:
    link = Link(
        id=new_id(),
        tenant_id=connection.tenant_id,
        connection=connection,
        user=user,
        external_id=visitor.external_id,
        label=_label(visitor),
        last_used_at=now,
    )
    try:
        run_in_transaction(lambda: link.save(force_insert=True))
    except IntegrityError as error:
        raise AlreadyLinked(name=connection.name) from error
    record(link_entry("created", link, now=now, how=how))
    return link


def link_entry(verb: str, link: Link, *, now: datetime, how: str = "", actor: User | None = None) -> Change:
    """Return the entry of the audit log about a link: a fact about its person."""
    who = actor or link.user
    return Change(
        tenant_id=link.tenant_id,
        actor_id=who.pk,
        actor_login=who.login,
        scope=tenant_scope(link.tenant_id).path,
        action=f"identity.link.{verb}",
        kind="user",
        target_id=link.user_id,
        target_label=link.user.login,
        after={"connection": link.connection.name, "account": link.label} | ({"how": how} if how else {}),
        at=now,
    )


def _label(visitor: Visitor) -> str:
    return (visitor.label or visitor.proven_email or visitor.username or visitor.external_id)[:MAX_LABEL_CHARS]


def _lock(connection: Connection) -> None:
    """Let those who come by one connection be linked one after the other."""
    rows = Connection.objects.for_tenant(connection.tenant_id).select_for_update(no_key=True, of=("self",))
    rows.filter(pk=connection.pk).first()
