"""What happened to one's own account lately, in words: read out of the audit log for the person herself.

The log itself is for auditors. Here she sees what a stranger at her account could not hide from her: sign-ins,
failures, changes of passwords and factors. Actions without words (`happening_words`) are not shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.accounts.models import Terminal, User
from apps.accounts.services.happening_words import WORDS
from apps.audit.models import Entry

MAX_SHOWN: Final = 20
"""Older ones are left to the audit log, where administrators find them."""
MAX_TERMINALS: Final = 50
"""Of hers that are looked for, those used last; older ones hardly change any more."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One of them: `thing` names what of hers it was about, `by` whoever did it. Both are empty for herself."""

    at: datetime
    text: str
    thing: str
    address: str
    by: str


def happenings_of(user: User) -> list[Happening]:
    """Return the last MAX_SHOWN things that happened to the user's account, newest first. Two queries."""
    terminals = Terminal.objects.for_tenant(user.tenant_id).filter(user=user).order_by("-last_seen_at", "pk")
    hers = [user.pk, *terminals.values_list("pk", flat=True)[:MAX_TERMINALS]]
    entries = Entry.objects.for_tenant(user.tenant_id).filter(target_id__in=map(str, hers), action__in=WORDS)
    return [_happening(entry, user) for entry in entries.order_by("-at", "-id")[:MAX_SHOWN]]


def _happening(entry: Entry, user: User) -> Happening:
    is_of_another = entry.actor_id not in {None, user.pk}
    return Happening(
        at=entry.at,
        text=str(WORDS[entry.action]),
        thing="" if entry.target_id == str(user.pk) else entry.target_label,
        # Where an administrator sat is for auditors.
        address="" if is_of_another else entry.address,
        by=entry.actor_login if is_of_another else "",
    )
