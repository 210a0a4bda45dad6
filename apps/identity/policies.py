"""Who may come in by what another party says of her. Pure: what is known comes in, a verdict comes out."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from apps.access.policies import Powers
from apps.access.scopes import Scope

MAX_USERNAME_CHARS: Final = 48
"""Of a user name made from what a party calls somebody, so that a number fits behind it."""

_FOREIGN: Final = re.compile(r"[^\w.\-]+|_{2,}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom another party vouches for. `external_id` is her lasting name there; the rest may be empty."""

    external_id: str
    label: str = ""
    username: str = ""
    display_name: str = ""
    email: str = ""
    is_email_verified: bool = False

    @property
    def domain(self) -> str:
        """Of her e-mail address."""
        return self.email.rpartition("@")[2].lower()

    @property
    def proven_email(self) -> str:
        """Her address, if the party has seen to it that it is hers."""
        return self.email if self.is_email_verified else ""


def may_come(visitor: Visitor, domains: Sequence[str]) -> bool:
    """Tell whether a connection of these domains takes her: of any where none are named, else with a proven address."""
    return not domains or (visitor.is_email_verified and visitor.domain in domains)


def is_within(powers: Powers, scope: Scope) -> bool:
    """Tell whether somebody's powers reach no further than a tenant, which may then speak for her."""
    return not powers.is_all and all(scope.covers(each.scope) for each in powers.held if each.units)


def usernames_for(visitor: Visitor) -> list[str]:
    """Return user names to try for somebody who is made, the best first; at most five, all well formed."""
    wanted = visitor.username or visitor.proven_email or visitor.display_name or visitor.label
    stem = _stem(wanted.partition("@")[0]) or "user"
    return [stem, *(f"{stem}-{number}" for number in range(2, 5)), f"{stem}-{_mark(visitor.external_id)}"]


def _stem(text: str) -> str:
    plain = _FOREIGN.sub("-", unicodedata.normalize("NFKC", text)).lower()
    kept = "".join(each for each in plain if each.isalnum() or each in "._-")
    return kept.strip("._-")[:MAX_USERNAME_CHARS]


def _mark(external_id: str) -> str:
    """What tells apart two people of one name: of letters and digits, the same for the same account."""
    return sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
