"""`manage.py orgs import|export`: lists of departments and people from and to files, with somebody's powers.

The same code as in the admin and over REST, without their bound on the size of a request.
"""

from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.audit.origin import Origin, coming_from
from apps.common.errors import ImError
from apps.common.text import normalized_identifier
from apps.orgs.exchange.exports import export_organisation
from apps.orgs.exchange.imports import apply_part, begin_import, discard_import, told_finding
from apps.orgs.exchange.sheets import MAX_FILE_BYTES
from apps.orgs.exchange.writing import Format
from apps.orgs.models import Import, Organisation
from imsite.phrases import language, phrase

IMPORT: Final = "import"
EXPORT: Final = "export"
FORMATS: Final[dict[str, Format]] = {".csv": "csv", ".xlsx": "xlsx"}


def add_exchange_actions(actions: Any) -> None:
    """Add the two actions to the parser of the command."""
    texts = {
        IMPORT: phrase("make and change departments or people as a CSV or XLSX file says"),
        EXPORT: phrase("write departments or people to a CSV or XLSX file"),
    }
    for name, text in texts.items():
        action: ArgumentParser = actions.add_parser(name, help=text)
        action.add_argument("file", type=Path, help=phrase("the file; its ending tells the form when it is written"))
        action.add_argument("--kind", choices=["departments", "people"], required=True)
        action.add_argument(
            "--as", dest="login", metavar="NAME@TENANT", required=True, help=phrase("with whose powers")
        )
        action.add_argument(
            "--organisation", required=True, help=phrase("name, code or id; of that person's tenant unless an id")
        )
        if name == IMPORT:
            action.add_argument(
                "--dry-run", action="store_true", help=phrase("only say what would happen; change nothing")
            )


class Output(Protocol):
    """Where a command says what it has to say: Django's standard output, or a file."""

    def write(self, text: str, /) -> object:
        """Say it; whether a line ends there is the output's business."""


def exchange(options: Mapping[str, Any], out: Output) -> None:
    """Do what was asked and say what came of it. Raises CommandError."""
    actor = _actor(options["login"])
    act = _import if options["action"] == IMPORT else _export
    with translation.override(language()), coming_from(Origin(via="command")):
        try:
            act(actor, _organisation(actor, options["organisation"]), options, out)
        except ImError as error:
            raise CommandError(error.text) from error
        except OSError as error:
            raise CommandError(phrase("{file}: {reason}", file=options["file"], reason=error.strerror)) from error


def _import(actor: User, organisation: Organisation, options: Mapping[str, Any], out: Output) -> None:
    with options["file"].open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    source = begin_import(
        actor,
        organisation_id=organisation.id,
        kind=options["kind"],
        data=data,
        name=options["file"].name,
        now=timezone.now(),
    )
    _tell(source.findings, out)
    _sum_up(source.planned, out)
    if options["dry_run"]:
        discard_import(actor, import_id=source.id, now=timezone.now())
        out.write(phrase("nothing was changed") + "\n")
        return
    while source.state != Import.State.APPLIED:
        source = apply_part(actor, import_id=source.id, now=timezone.now())
    _tell(source.failures, out)
    out.write(phrase("done:") + "\n")
    _sum_up(source.done, out)


def _export(actor: User, organisation: Organisation, options: Mapping[str, Any], out: Output) -> None:
    form = FORMATS.get(options["file"].suffix.lower())
    if form is None:
        raise CommandError(phrase("{file} has to end in .csv or .xlsx", file=options["file"]))
    chunks = export_organisation(
        actor, organisation_id=organisation.id, kind=options["kind"], form=form, now=timezone.now()
    )
    with options["file"].open("xb") as file:
        file.writelines(chunks)
    out.write(phrase("written: {file}", file=options["file"]) + "\n")


def _tell(findings: Iterable[Sequence[object]], out: Output) -> None:
    for raw in findings:
        line, column, _code, text = told_finding(raw)
        out.write(phrase("line {line} {column}: {text}", line=line, column=column, text=text) + "\n")


def _sum_up(counts: Mapping[str, int], out: Output) -> None:
    names = {
        "CreateDepartment": phrase("departments made"),
        "ChangeDepartment": phrase("departments changed"),
        "MoveDepartment": phrase("departments moved"),
        "CreatePerson": phrase("people made"),
        "ChangePerson": phrase("people changed"),
        "Place": phrase("places given"),
        "ChangePlace": phrase("places changed"),
        "unchanged": phrase("rows without a change"),
        "refused": phrase("rows refused"),
    }
    for name, text in names.items():
        if counts.get(name):
            out.write(f"  {text}: {counts[name]}\n")


def _actor(login: str) -> User:
    wanted = normalized_identifier(login)
    found = None if "\0" in wanted else User.unscoped.filter(login=wanted).first()
    if found is None:
        raise CommandError(phrase("nobody signs in as {login}", login=login))
    return found


def _organisation(actor: User, named: str) -> Organisation:
    try:
        found = Organisation.unscoped.filter(pk=UUID(named)).first()
    except ValueError:
        rows = Organisation.objects.for_tenant(actor.tenant_id).filter(Q(name=named) | Q(code=named))
        found = rows.order_by("id").first()
    if found is None:
        raise CommandError(phrase("there is no organisation {name}", name=named))
    return found
