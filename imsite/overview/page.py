"""The whole first page: where she has powers, what waits and what is wrong, how much there is, what happened lately.

Every number counts what lies within her scopes, and is left out where she may not look. All of it takes eight queries
at most, whatever her level and however much there is; what only the system or a tenant has is not asked below them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.access.admin import has_unit, within
from apps.access.units import AUDIT_VIEW
from apps.audit.models import Entry
from imsite.overview.alerts import questions_of_alerts
from imsite.overview.cards import Card, Figure, Link, Notice
from imsite.overview.jobs import jobs_of
from imsite.overview.people import people_figures, questions_of_places, questions_of_sessions, questions_of_structure
from imsite.overview.places import read_places
from imsite.overview.storage import database_figures, questions_of_storage, read_use, use_figures, use_notices
from imsite.overview.tallies import answer
from imsite.overview.waiting import questions_of_waiting

ENTRIES_SHOWN: Final = 8
"""Of the audit log, the newest."""


@dataclass(frozen=True, slots=True)
class Group:
    """Figures under a title."""

    title: str
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the template shows; what there is nothing of is empty."""

    places: list[Link] = field(default_factory=list)
    jobs: list[Link] = field(default_factory=list)
    alerts: list[Notice] = field(default_factory=list)
    waiting: list[Notice] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def read_overview(request: HttpRequest, *, now: datetime) -> Overview:
    """Return the first page of whoever asks. Eight queries at most, beside the one for her powers."""
    used = read_use(request)
    alerts, waiting, unplaced, structure, sessions, storage = answer(
        request,
        [
            questions_of_alerts(request, now=now),
            questions_of_waiting(request, now=now),
            questions_of_places(request),
            questions_of_structure(),
            questions_of_sessions(now=now),
            questions_of_storage(request),
        ],
    )
    groups = [
        Group(_("People"), [*people_figures(request, now=now), *_figures(unplaced)]),
        Group(_("Structure"), _figures(structure)),
        Group(_("Signed in now"), _figures(sessions)),
        Group(_("Storage and limits"), [*use_figures(request, used), *_figures(storage), *database_figures(request)]),
    ]
    return Overview(
        places=read_places(request),
        jobs=jobs_of(request),
        alerts=sorted([*use_notices(used), *_notices(alerts)], key=lambda notice: not notice.is_urgent),
        waiting=_notices(waiting),
        groups=[group for group in groups if group.figures],
        entries=_recent_entries(request),
    )


def _recent_entries(request: HttpRequest) -> list[Entry]:
    """What was done lately within her scopes. One query, none without the unit."""
    if not has_unit(request, AUDIT_VIEW):
        return []
    return list(within(request, Entry.unscoped.all(), AUDIT_VIEW).order_by("-at", "-id")[:ENTRIES_SHOWN])


def _figures(cards: list[Card]) -> list[Figure]:
    return [card for card in cards if isinstance(card, Figure)]


def _notices(cards: list[Card]) -> list[Notice]:
    return [card for card in cards if isinstance(card, Notice)]
