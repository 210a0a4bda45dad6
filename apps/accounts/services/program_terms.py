"""What is said about a program, and what may be said about it. Pure but for the catalogue of scopes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from oauth2_provider.models import AbstractApplication

from apps.accounts.models import Registration
from apps.accounts.models.clients import MAX_DESCRIPTION_CHARS
from apps.accounts.services.redirects import MAX_ADDRESSES, fault_of
from apps.accounts.services.scopes import clean_scopes
from apps.common.errors import InvalidInput
from apps.common.text import clean_line

MAX_NAME_CHARS: Final = 100
MAX_HOMEPAGE_CHARS: Final = 200

_Kind = Registration.Kind
_CODE: Final = AbstractApplication.GRANT_AUTHORIZATION_CODE
GRANTS: Final[Mapping[str, str]] = {
    _Kind.SITE: _CODE,
    _Kind.APP: _CODE,
    _Kind.SERVICE: AbstractApplication.GRANT_CLIENT_CREDENTIALS,
    _Kind.OWN: AbstractApplication.GRANT_PASSWORD,
}
CONFIDENTIAL: Final = frozenset({_Kind.SITE.value, _Kind.SERVICE.value})
"""Kinds that can keep a secret, because they run where nobody else looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is said about a program. Addresses and scopes are checked, and kept in order."""

    name: str
    scopes: tuple[str, ...]
    description: str = ""
    homepage: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()


def checked_terms(kind: str, terms: Terms) -> Terms:
    """Return the terms with everything in order. Raises InvalidInput."""
    if kind not in GRANTS:
        raise InvalidInput(field="kind", reason=_("there is no such kind"))
    is_led_back = GRANTS[kind] == _CODE
    if is_led_back and not terms.redirect_uris:
        raise InvalidInput(field="redirect_uris", reason=_("must not be empty"))
    return replace(
        terms,
        name=clean_line(terms.name, field="name", max_chars=MAX_NAME_CHARS),
        description=clean_line(terms.description, field="description", max_chars=MAX_DESCRIPTION_CHARS, required=False),
        homepage=_clean_homepage(terms.homepage),
        scopes=tuple(clean_scopes(terms.scopes)),
        redirect_uris=_clean_addresses("redirect_uris", terms.redirect_uris) if is_led_back else (),
        post_logout_redirect_uris=(
            _clean_addresses("post_logout_redirect_uris", terms.post_logout_redirect_uris) if is_led_back else ()
        ),
    )


def _clean_addresses(field: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
    if len(addresses) > MAX_ADDRESSES:
        raise InvalidInput(field=field, reason=_("has more than %(count)d addresses") % {"count": MAX_ADDRESSES})
    for address in addresses:
        if fault := fault_of(address):
            raise InvalidInput(field=field, reason=f"{address[:200]} {fault}")
    return tuple(dict.fromkeys(addresses))


def _clean_homepage(address: str) -> str:
    line = clean_line(address, field="homepage", max_chars=MAX_HOMEPAGE_CHARS, required=False)
    if line:
        try:
            URLValidator(schemes=["http", "https"])(line)
        except ValidationError as error:
            raise InvalidInput(field="homepage", reason=error.messages[0]) from error
    return line
