"""REST: lists of departments and people as files, in and out."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.common.clock import to_ms
from apps.common.downloads import answer_file
from apps.common.rest.files import parsers_for, read_file, renderers_for
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, Files, operation
from apps.common.rest.pages import read_cursor, read_page
from apps.common.rest.structs import Input, Output, StructRenderer, read_query
from apps.common.text import LINE_PATTERN
from apps.orgs.api.structs import ById, PageSearch
from apps.orgs.exchange.exports import export_organisation
from apps.orgs.exchange.imports import (
    apply_part,
    begin_import,
    discard_import,
    get_import,
    list_imports,
    told_finding,
    told_step,
)
from apps.orgs.exchange.writing import MEDIA_TYPES
from apps.orgs.models import Import
from apps.orgs.units import EXCHANGE_EXPORT, EXCHANGE_IMPORT

CSV: Final = "text/csv"
XLSX: Final = MEDIA_TYPES["xlsx"]


class FindingView(Output):
    """What is wrong with a row. `column` is empty where it is the row as a whole."""

    line: int
    column: str
    code: str
    text: str


class StepView(Output):
    """What the preview found that would happen: `kind` as in `planned`, to whom or what, and `text` what it gets."""

    line: int
    kind: str
    subject: str
    text: str


class ImportView(Output):
    """A file that was sent: what it would do, what it has done. Rows are counted by what happens to them."""

    id: UUID
    organisation: UUID
    kind: str
    name: str
    state: str
    rows: int
    planned: dict[str, int]
    done: dict[str, int]
    steps: list[StepView]
    findings: list[FindingView]
    failures: list[FindingView]
    parts: int
    parts_done: int
    created_at: int


class ImportItem(Output):
    """A file that was sent, without its findings."""

    id: UUID
    kind: str
    name: str
    state: str
    rows: int
    planned: dict[str, int]
    done: dict[str, int]
    created_at: int


class ImportPage(Output):
    """One page of imports, latest first."""

    items: list[ImportItem]
    next: str


class Upload(Input):
    """What the file lists, and its name."""

    kind: Literal["departments", "people"]
    name: Annotated[str, msgspec.Meta(max_length=200, pattern=LINE_PATTERN)] = ""


class Download(Input):
    """What the file is to list, and how."""

    kind: Literal["departments", "people"]
    format: Literal["csv", "xlsx"] = "csv"


class ImportsView(APIView):
    """The imports of one organisation."""

    units = (EXCHANGE_IMPORT, EXCHANGE_EXPORT)

    parser_classes = parsers_for(CSV, XLSX)

    @operation("imports_list", summary="List imports", query=PageSearch, answers={200: ImportPage}, refusals=(403, 404))
    def get(self, request: Request, organisation: UUID) -> Response:
        """Return the files that one sent for an organisation, or whoever did where one may import into all of it."""
        search, actor = read_query(request, PageSearch), actor_of(request)
        rows = list_imports(actor, powers_of(actor, now=timezone.now()), organisation)
        if position := read_cursor(search.cursor, ById):
            rows = rows.filter(id__lt=position.id)
        page, following = read_page(rows, limit=search.limit, end=lambda source: ById(source.id))
        return Response(ImportPage(items=[_item(source) for source in page], next=following))

    @operation(
        "imports_begin",
        summary="Send a list to be imported",
        query=Upload,
        body=Files((CSV, XLSX)),
        answers={201: ImportView},
        refusals=(403, 404, 409),
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request, organisation: UUID) -> Response:
        """Read a list of departments or people and say what it would do. Nothing changes until it is applied.

        CSV may be UTF-8, UTF-16 or GB18030; the first row names the columns, in English or Chinese.
        """
        actor, upload = actor_of(request), read_query(request, Upload)
        source = begin_import(
            actor,
            organisation_id=organisation,
            kind=upload.kind,
            data=read_file(request),
            name=upload.name,
            now=timezone.now(),
        )
        return Response(_view(source), status=201)


class ImportDetailView(APIView):
    """One import."""

    units = (EXCHANGE_IMPORT, EXCHANGE_EXPORT)

    @operation("imports_read", summary="Read an import", answers={200: ImportView}, refusals=(404,))
    def get(self, request: Request, source: UUID) -> Response:
        """Return what an import would do, has done, and what is wrong with its rows, in one's language."""
        actor = actor_of(request)
        return Response(_view(get_import(actor, powers_of(actor, now=timezone.now()), source)))

    @operation("imports_discard", summary="Throw an import away", answers={204: None}, refusals=(403, 404, 409))
    def delete(self, request: Request, source: UUID) -> Response:
        """Throw an import away that is not begun."""
        discard_import(actor_of(request), import_id=source, now=timezone.now())
        return Response(status=204)


class ImportApplyView(APIView):
    """Carrying out one import."""

    units = (EXCHANGE_IMPORT, EXCHANGE_EXPORT)

    @operation(
        "imports_apply",
        summary="Apply the next part of an import",
        answers={200: ImportView},
        refusals=(403, 404, 409),
    )
    def post(self, request: Request, source: UUID) -> Response:
        """Apply up to 100 rows and say how far it is. Send it again until `state` is `applied`."""
        return Response(_view(apply_part(actor_of(request), import_id=source, now=timezone.now())))


class ExportView(APIView):
    """Lists of one organisation."""

    units = (EXCHANGE_IMPORT, EXCHANGE_EXPORT)

    renderer_classes = [StructRenderer, *renderers_for(csv=CSV, xlsx=XLSX)]

    @operation(
        "organisations_export",
        summary="Export departments or people",
        query=Download,
        answers={200: Files((CSV, XLSX))},
        refusals=(403, 404),
    )
    def get(self, request: Request, organisation: UUID) -> StreamingHttpResponse:
        """Return a file that an import takes back, of what lies within one's scopes. Cells are never formulas."""
        wanted, now = read_query(request, Download), timezone.now()
        chunks = export_organisation(
            actor_of(request), organisation_id=organisation, kind=wanted.kind, form=wanted.format, now=now
        )
        name = f"{wanted.kind}-{now:%Y%m%d}.{wanted.format}"
        return answer_file(chunks, name=name, media_type=MEDIA_TYPES[wanted.format])


def _item(source: Import) -> ImportItem:
    return ImportItem(
        id=source.id,
        kind=source.kind,
        name=source.name,
        state=source.state,
        rows=source.rows,
        planned=source.planned,
        done=source.done,
        created_at=to_ms(source.created_at),
    )


def _view(source: Import) -> ImportView:
    return ImportView(
        id=source.id,
        organisation=source.organisation_id,
        kind=source.kind,
        name=source.name,
        state=source.state,
        rows=source.rows,
        planned=source.planned,
        done=source.done,
        steps=[StepView(*told_step(raw)) for raw in source.steps],
        findings=[FindingView(*told_finding(raw)) for raw in source.findings],
        failures=[FindingView(*told_finding(raw)) for raw in source.failures],
        parts=source.parts,
        parts_done=source.next_part,
        created_at=to_ms(source.created_at),
    )
