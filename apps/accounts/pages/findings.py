"""What is well with somebody's account and what is not, with the page where she changes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Terminal, User
from apps.accounts.services import recovery
from apps.accounts.services.factors import CODES, is_demanded, kinds_of
from apps.accounts.services.passwords import policy_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NEW_FOR: Final = timedelta(days=7)
"""How long the page asks whether one knows a terminal that signed in for the first time."""
OLD_AFTER: Final = timedelta(days=730)
"""From when on a password is called old where the tenant sets no age: it was typed into much since."""
FEW_CODES: Final = 3
"""From so many recovery codes on, the page reminds one to make new ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the overview."""

    is_well: bool
    title: "str | StrPromise"
    text: "str | StrPromise"
    url: str
    action: "str | StrPromise"


def findings_of(user: User, *, now: datetime) -> list[Finding]:
    """Return them, in the order of the menu. Up to five queries."""
    kinds = kinds_of(user)
    found = [_of_password(user, now=now), _of_factors(user, kinds)]
    if kinds:
        found.append(_of_recovery(user))
    return [*found, _of_terminals(user, now=now)]


def _of_password(user: User, *, now: datetime) -> Finding:
    url = reverse("account-password")
    if not user.has_usable_password():
        return Finding(True, _("Password"), _("You have none and come in by other ways."), url, _("Set one"))
    days = policy_of(user).password_max_age_days
    age = now - (user.password_set_at or user.created_at)
    is_old = age > (timedelta(days=days) if days else OLD_AFTER)
    text = ngettext("It is %(count)d day old.", "It is %(count)d days old.", age.days) % {"count": age.days}
    if not age.days:
        text = gettext("It is of today.")
    return Finding(not is_old, _("Password"), text, url, _("Change"))


def _of_factors(user: User, kinds: frozenset[str]) -> Finding:
    url = reverse("account-factors")
    if CODES in kinds:
        return Finding(True, _("Second factor"), _("An authenticator app confirms that it is you."), url, _("Look"))
    if kinds:
        return Finding(True, _("Second factor"), _("A passkey confirms that it is you."), url, _("Look"))
    if is_demanded(user):
        text = _("Your company asks for one, and you have none yet.")
    else:
        text = _("Whoever learns your password gets in. A passkey or an authenticator app keeps strangers out.")
    return Finding(False, _("Second factor"), text, url, _("Set up"))


def _of_recovery(user: User) -> Finding:
    left = recovery.left(user)
    text = ngettext("You have %(count)d left.", "You have %(count)d left.", left) % {"count": left}
    return Finding(left > FEW_CODES, _("Recovery codes"), text, reverse("account-factors"), _("Look"))


def _of_terminals(user: User, *, now: datetime) -> Finding:
    terminals = Terminal.objects.for_tenant(user.tenant_id).filter(user=user, revoked_at__isnull=True)
    new = Count("pk", filter=Q(created_at__gt=now - NEW_FOR))
    count = terminals.aggregate(all=Count("pk"), new=new)
    # The first one of all is the person's own, as sure as anything is.
    is_well = not count["new"] or count["all"] == 1
    if is_well:
        text = ngettext("%(count)d terminal may sign in.", "%(count)d terminals may sign in.", count["all"])
    else:
        text = ngettext(
            "%(count)d terminal signed in for the first time this week. Do you know it?",
            "%(count)d terminals signed in for the first time this week. Do you know them?",
            count["new"],
        )
    shown = text % {"count": count["all"] if is_well else count["new"]}
    return Finding(is_well, _("Terminals"), shown, reverse("account-terminals"), _("Look"))
