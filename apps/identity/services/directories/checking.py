"""Trying a directory's settings out, and telling in words what works and what doesn't."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from apps.access.selectors import Actor
from apps.identity.errors import DirectoryUnset
from apps.identity.ldap.client import Directory
from apps.identity.ldap.failures import DirectoryFailed
from apps.identity.ldap.reading import count_entries, read_directory
from apps.identity.ldap.settings import LdapSettings
from apps.identity.models import Connection
from apps.identity.sealing import opened_secret
from apps.identity.services.directories.runs import directory_for, settings_of
from apps.identity.services.directories.texts import trouble_text
from apps.identity.services.directories.wanting import as_wanted


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was tried."""

    is_well: bool
    text: str


def check_directory(actor: Actor, *, connection_id: UUID, now: datetime) -> list[Answer]:
    """Try each step up to the first that fails. Raises ConnectionNotFound or NotPermitted."""
    connection = directory_for(actor, connection_id, now=now)
    try:
        settings = settings_of(connection)
    except DirectoryUnset as error:
        return [Answer(False, error.text)]
    answers = list[Answer]()
    try:
        _try(connection, settings, answers.append)
    except DirectoryFailed as error:
        answers.append(Answer(False, trouble_text(error)))
    if connection.department is None:
        answers.append(Answer(False, _("no department is chosen to synchronise into; sign-in works without one")))
    return answers


def _try(connection: Connection, settings: LdapSettings, tell: Callable[[Answer], None]) -> None:
    with Directory(settings, opened_secret(connection.pk, connection.secret)) as directory:
        tell(Answer(True, _("connected and bound as %(name)s") % {"name": settings.bind_dn}))
        people = count_entries(directory, settings.people_base, settings.people_filter)
        tell(Answer(people > 0, _("%(count)d people found") % {"count": people}))
        contents = read_directory(directory, settings)
    wanted, findings = as_wanted(contents)
    if settings.departments != "none":
        count = len(wanted.departments)
        tell(Answer(count > 0, _("%(count)d departments found") % {"count": count}))
    if findings:
        tell(Answer(False, _("%(count)d entries can't be used as they are") % {"count": len(findings)}))
    placed = sum(bool(person.departments) for person in wanted.people)
    tell(Answer(True, _("%(count)d people are in a department") % {"count": placed}))
