"""The first page's notices of what waits for somebody: files to apply, powers and agreements that end soon."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext_lazy

from apps.access.admin import powers_at
from apps.access.models import Grant
from apps.access.units import GRANTS_VIEW
from apps.accounts.admin import acting
from apps.identity.models import DirectoryRun
from apps.identity.units import CONNECTIONS_VIEW
from apps.orgs.exchange.imports import imports_waiting
from apps.orgs.models import Agreement
from apps.orgs.units import EXCHANGE_IMPORT, ORGANISATION_VIEW
from imsite.overview.cards import Question, list_page, notice
from imsite.overview.directories import latest_runs

ENDING_WITHIN: Final = timedelta(days=14)
"""Grants and agreements that end so soon are mentioned."""


def questions_of_waiting(request: HttpRequest, *, now: datetime) -> Sequence[Question]:
    """Return what is asked about what waits."""
    ending = {"expires_at__gt": now, "expires_at__lte": now + ENDING_WITHIN}
    return [
        Question(
            EXCHANGE_IMPORT,
            imports_waiting(acting(request), powers_at(request)),
            notice(
                ngettext_lazy(
                    "%(count)d import waits to be applied.", "%(count)d imports wait to be applied.", "count"
                ),
                reverse("orgs_exchange:overview"),
            ),
            is_within=True,
        ),
        Question(
            GRANTS_VIEW,
            Grant.unscoped.filter(**ending),
            notice(
                ngettext_lazy(
                    "%(count)d grant ends within two weeks.", "%(count)d grants end within two weeks.", "count"
                ),
                list_page("access_grant"),
            ),
        ),
        Question(
            ORGANISATION_VIEW,
            Agreement.unscoped.filter(**ending),
            notice(
                ngettext_lazy(
                    "%(count)d agreement ends within two weeks.", "%(count)d agreements end within two weeks.", "count"
                ),
                list_page("orgs_agreement"),
            ),
        ),
        Question(
            CONNECTIONS_VIEW,
            latest_runs(DirectoryRun.State.PREVIEWED),
            notice(
                ngettext_lazy(
                    "%(count)d preview of a directory is not applied.",
                    "%(count)d previews of directories are not applied.",
                    "count",
                ),
                list_page("identity_connection"),
            ),
        ),
    ]
