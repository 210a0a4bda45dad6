"""Scopes: what a program may ask for, in words for people.

`openid profile email` tell who somebody is; `im` is everything she may do; any other scope is a permission unit of the
registry, and opens what works by that unit as far as she has it herself.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.units import all_units
from apps.accounts.policies import SCOPE
from apps.common.errors import InvalidInput

OPENID: Final = "openid"
IDENTITY: Final[Mapping[str, "str | Promise"]] = {
    OPENID: gettext_lazy("know that it is you (by an id)"),
    "profile": gettext_lazy("see your name, your sign-in name and your company"),
    "email": gettext_lazy("see your e-mail address"),
}
WHOLE: Final = gettext_lazy(
    "do everything in your name that you can do here: read and send your messages, and the rest"
)


class ScopeText(NamedTuple):
    """A scope, and what it allows in words; `is_whole` for the one that allows everything."""

    code: str
    text: str
    is_whole: bool


def scope_texts() -> dict[str, "str | Promise"]:
    """Return what each scope of this installation allows, in the order in which people are told."""
    units = {unit.code: unit.label for unit in all_units()}
    return {**IDENTITY, SCOPE: WHOLE, **units}


def in_words(scopes: Iterable[str]) -> list[ScopeText]:
    """Return what these scopes allow together; where one allows everything, the parts of it are left out."""
    asked = frozenset(scopes)
    shown = asked & {*IDENTITY, SCOPE} if SCOPE in asked else asked
    return [ScopeText(code, str(text), code == SCOPE) for code, text in scope_texts().items() if code in shown]


def clean_scopes(scopes: Iterable[str]) -> list[str]:
    """Return the scopes once each, in our order. Raises InvalidInput for one that there is not, or for none at all."""
    asked, known = set(scopes), scope_texts()
    unknown = sorted(asked.difference(known))
    if unknown:
        raise InvalidInput(field="scopes", reason=_("there is no scope %(scope)s") % {"scope": unknown[0][:100]})
    if not asked:
        raise InvalidInput(field="scopes", reason=_("a program has to ask for something"))
    return [code for code in known if code in asked]
