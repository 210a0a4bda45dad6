"""What would follow if a tenant's settings were changed: whom it would keep out, who would have more to do.

Apps further up know it (who has a second factor, which other ways in there are) and register at the start what they
look for. Whoever changes settings on a page is asked first; nothing here refuses anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences

Foresight = Callable[[Tenant, Preferences, Preferences], str]
"""Takes a tenant, its settings as they are and as they would be; returns what would follow, "" for nothing to say."""

_foresights: Final[dict[str, Foresight]] = {}


class ConsequenceTwice(RuntimeError):
    """Two parts of the program claim one code."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """Something that would follow, in words. The code is the same for whatever number is in the text."""

    code: str
    text: str


def register_foresight(code: str, foresight: Foresight) -> None:
    """Have this asked before settings are changed. Raises ConsequenceTwice when the code is another one's."""
    if _foresights.setdefault(code, foresight) is not foresight:
        raise ConsequenceTwice(code)


def foresight_codes() -> list[str]:
    """Return the codes of everything that is looked for."""
    return list(_foresights)


def foreseen(tenant: Tenant, before: Preferences, after: Preferences) -> list[Consequence]:
    """Return what would follow, in the order of registration."""
    texts = [(code, foresight(tenant, before, after)) for code, foresight in _foresights.items()]
    return [Consequence(code, text) for code, text in texts if text]
