"""Trying a directory's settings out, and telling in words what works and what doesn't."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from msgspec.structs import replace

from apps.access.selectors import Actor
from apps.identity.errors import DirectoryUnset
from apps.identity.ldap.client import Directory
from apps.identity.ldap.failures import DirectoryFailed, Trouble
from apps.identity.ldap.reading import count_entries, read_directory
from apps.identity.ldap.settings import LdapSettings
from apps.identity.models import Connection
from apps.identity.sealing import opened_secret
from apps.identity.services.directories.runs import directory_for, settings_of
from apps.identity.services.directories.texts import trouble_text
from apps.identity.services.directories.wanting import as_wanted

CHECK_S: Final = 15.0
"""After it nothing more is asked; what was asked already may take one answer's time longer."""
ANSWER_S: Final = 5
"""How long one answer may take here, whatever the settings say: somebody sits at the page and waits."""
SAMPLE: Final = 1_000
"""People who are read; whether all can be is what a preview shows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was tried."""

    is_well: bool
    text: str


def check_directory(
    actor: Actor, *, connection_id: UUID, now: datetime, clock: Callable[[], float] = time.monotonic
) -> list[Answer]:
    """Try each step up to the first that fails, with the first SAMPLE people, for no longer than about CHECK_S.

    Raises ConnectionNotFound or NotPermitted.
    """
    connection = directory_for(actor, connection_id, now=now)
    try:
        settings = settings_of(connection)
    except DirectoryUnset as error:
        return [Answer(False, error.text)]
    ends = clock() + CHECK_S

    def beat() -> None:
        if clock() > ends:
            raise DirectoryFailed(Trouble.TIMEOUT)

    answers = list[Answer]()
    try:
        _try(connection, settings, answers.append, beat)
    except DirectoryFailed as error:
        answers.append(Answer(False, trouble_text(error)))
    if connection.department is None:
        answers.append(Answer(False, _("no department is chosen to synchronise into; sign-in works without one")))
    return answers


def _try(
    connection: Connection, settings: LdapSettings, tell: Callable[[Answer], None], beat: Callable[[], None]
) -> None:
    patient = replace(settings, timeout_s=min(settings.timeout_s, ANSWER_S))
    with Directory(patient, opened_secret(connection.pk, connection.secret), beat=beat) as directory:
        tell(Answer(True, _("connected and bound as %(name)s") % {"name": settings.bind_dn}))
        people = count_entries(directory, settings.people_base, settings.people_filter, most=SAMPLE)
        found = _("%(count)d people found") if people < SAMPLE else _("at least %(count)d people found")
        tell(Answer(people > 0, found % {"count": people}))
        contents = read_directory(directory, patient, first=SAMPLE)
    wanted, findings = as_wanted(contents)
    if settings.departments != "none":
        count = len(wanted.departments)
        tell(Answer(count > 0, _("%(count)d departments found") % {"count": count}))
    if findings:
        tell(Answer(False, _("%(count)d entries can't be used as they are") % {"count": len(findings)}))
    if settings.departments != "none":
        placed = sum(bool(person.departments) for person in wanted.people)
        tell(Answer(True, _("%(count)d people are in a department") % {"count": placed}))
