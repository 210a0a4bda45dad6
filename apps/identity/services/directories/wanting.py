"""What a directory has, in the form in which it can be here: names of this installation's rules. No database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, clean_email, clean_username
from apps.common.errors import InvalidInput
from apps.common.text import clean_line
from apps.identity.ldap.reading import Contents
from apps.identity.models.links import MAX_EXTERNAL_ID_CHARS
from apps.identity.syncing.states import Wanted, WantedDepartment, WantedPerson
from apps.identity.syncing.steps import Finding
from apps.orgs.models.departments import MAX_NAME_CHARS
from apps.orgs.models.people import MAX_TITLE_CHARS

_UNUSABLE: Final = "unusable"


def as_wanted(contents: Contents) -> tuple[Wanted, list[Finding]]:
    """Return what is wanted, and what can't be: an unusable name is found, an unusable address or title left out."""
    findings = list(contents.findings)
    departments = tuple(_departments(contents, findings))
    people = tuple(_people(contents, findings))
    kept = {each.key for each in departments} | {each.key for each in people}
    told = {each.key for each in contents.departments} | {each.key for each in contents.people}
    return Wanted(departments, people, contents.unusable | (told - kept)), findings


def _departments(contents: Contents, findings: list[Finding]) -> Iterator[WantedDepartment]:
    for each in contents.departments:
        try:
            yield replace(each, name=clean_line(each.name, field="name", max_chars=MAX_NAME_CHARS))
        except InvalidInput as error:
            findings.append(Finding(_UNUSABLE, each.name[:MAX_NAME_CHARS], error.text))


def _people(contents: Contents, findings: list[Finding]) -> Iterator[WantedPerson]:
    for each in contents.people:
        if len(each.key) > MAX_EXTERNAL_ID_CHARS:
            findings.append(Finding(_UNUSABLE, each.username[:MAX_NAME_CHARS]))
            continue
        try:
            username = clean_username(each.username)
            name = clean_line(each.display_name, field="display_name", max_chars=MAX_DISPLAY_NAME_CHARS)
        except InvalidInput as error:
            findings.append(Finding(_UNUSABLE, each.username[:MAX_NAME_CHARS], error.text))
            continue
        email, title = _email(each, findings), _title(each, findings)
        yield replace(each, username=username, display_name=name, email=email, title=title)


def _email(person: WantedPerson, findings: list[Finding]) -> str:
    try:
        return clean_email(person.email)
    except InvalidInput as error:
        findings.append(Finding("left_out", person.username, error.text))
        return ""


def _title(person: WantedPerson, findings: list[Finding]) -> str:
    try:
        return clean_line(person.title, field="title", max_chars=MAX_TITLE_CHARS, required=False)
    except InvalidInput as error:
        findings.append(Finding("left_out", person.username, error.text))
        return ""
