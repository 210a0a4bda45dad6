"""The first page's notices of what is wrong, or goes wrong soon."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext_lazy

from apps.access.admin import powers_at
from apps.access.scopes import Level
from apps.access.units import AUDIT_VIEW
from apps.accounts.models import FailedProofs
from apps.audit.models import Entry, Head
from apps.identity.models import DirectoryRun
from apps.identity.units import CONNECTIONS_VIEW
from apps.tenants.models import Tenant
from apps.tenants.units import TENANT_MANAGE
from imsite.overview.cards import Question, list_page, notice
from imsite.overview.directories import latest_runs

FAILURES_FOR: Final = timedelta(days=1)
"""Failed sign-ins of so long are counted."""
FAILURES_TOLD: Final = 10
"""Fewer are everyday: people mistype."""
VERIFIED_EVERY: Final = timedelta(days=30)
"""An audit log that nobody has verified for so long is mentioned."""

FAILED: Final = "accounts.user.sign_in_failed"


def questions_of_alerts(request: HttpRequest, *, now: datetime) -> Sequence[Question]:
    """Return what is asked about what is wrong."""
    return [
        *_about_logs(request, now),
        Question(
            CONNECTIONS_VIEW,
            latest_runs(DirectoryRun.State.FAILED, DirectoryRun.State.STOPPED),
            notice(
                ngettext_lazy(
                    "%(count)d directory could not be read, or its changes were stopped.",
                    "%(count)d directories could not be read, or their changes were stopped.",
                    "count",
                ),
                list_page("identity_connection"),
                is_urgent=True,
            ),
        ),
        *_about_sign_ins(now),
        Question(
            TENANT_MANAGE,
            Tenant.objects.exclude(status=Tenant.Status.ACTIVE),
            notice(
                ngettext_lazy(
                    "%(count)d tenant is suspended or to be deleted.",
                    "%(count)d tenants are suspended or to be deleted.",
                    "count",
                ),
                list_page("tenants_tenant"),
            ),
        ),
    ]


def _about_logs(request: HttpRequest, now: datetime) -> list[Question]:
    """Whole logs are the business of who reads a whole tenant's."""
    if all(scope.level > Level.TENANT for scope in powers_at(request).scopes(AUDIT_VIEW)):
        return []
    broken = ngettext_lazy(
        "%(count)d audit log was found broken: somebody changed or removed entries.",
        "%(count)d audit logs were found broken: somebody changed or removed entries.",
        "count",
    )
    unverified = ngettext_lazy(
        "%(count)d audit log was not verified for 30 days.",
        "%(count)d audit logs were not verified for 30 days.",
        "count",
    )
    page = list_page("audit_entry")
    return [
        Question(AUDIT_VIEW, Head.unscoped.filter(broken_number__isnull=False), notice(broken, page, is_urgent=True)),
        Question(AUDIT_VIEW, _unverified(now - VERIFIED_EVERY), notice(unverified, page)),
    ]


def _unverified(since: datetime) -> QuerySet[Head]:
    """Logs that were last verified before then, or never and have begun before then."""
    begun = Entry.unscoped.filter(tenant_id=OuterRef("tenant_id"), number=1, at__lt=since)
    return Head.unscoped.filter(Q(verified_at__lt=since) | Q(Exists(begun), verified_at__isnull=True))


def _about_sign_ins(now: datetime) -> list[Question]:
    """What failed, by whoever's name it was; how much has to wait is known of the installation as a whole."""
    failed = ngettext_lazy(
        "%(count)d sign-in failed since yesterday.", "%(count)d sign-ins failed since yesterday.", "count"
    )
    waiting = ngettext_lazy(
        "%(count)d name or address has to wait: too many sign-ins failed.",
        "%(count)d names or addresses have to wait: too many sign-ins failed.",
        "count",
    )
    since = now - FAILURES_FOR
    page = list_page("audit_entry", at__gte=since.isoformat(timespec="seconds"))
    entries = Entry.unscoped.filter(action=FAILED, at__gte=since)
    tell = notice(failed, page)
    return [
        Question(AUDIT_VIEW, entries, lambda count: tell(count) if count >= FAILURES_TOLD else None),
        Question(AUDIT_VIEW, FailedProofs.objects.filter(blocked_until__gt=now), notice(waiting, page)),
    ]
