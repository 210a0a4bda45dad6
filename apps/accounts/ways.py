"""What other apps add to signing in and to the pages of accounts: ways in, passwords known elsewhere, and pages.

They register at the start, from their AppConfig; this app, which lies below them, only asks what there is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from apps.tenants.models import Tenant

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from apps.accounts.models import User  # lies above this module


MAX_WAYS: Final = 12
"""That the sign-in page shows; further ones are left out, those registered first come first."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """A button of the sign-in page. `icon` is one of `templates/accounts/parts/icon.html`; others show a door."""

    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """An entry in the menu of the account centre."""

    title: "str | StrPromise"
    url_name: str
    icon: str


class Prover(Protocol):
    """Asks elsewhere whose password it is. It takes the same time for a name known there, here, or nowhere."""

    def __call__(
        self, tenant: Tenant, user: "User | None", *, username: str, password: str, now: datetime
    ) -> "User | None":
        """Return whose it is; None for nobody's. `user`: who has this name here. May raise SignInBusy."""


_METHOD: Final = "_im_proven_by"
_provers: Final[dict[str, Prover]] = {}
_lookups: Final[list[Callable[[Tenant | None], Sequence[WayIn]]]] = []
_pages: Final[dict[str, AccountPage]] = {}
_tallies: Final[dict[str, "Callable[[User], int]"]] = {}


def register_prover(method: str, prover: Prover) -> None:
    """Let passwords be asked for there before they are compared with our own. `method` is told in the audit log."""
    _provers[method] = prover


def prove_elsewhere(
    tenant: Tenant, user: "User | None", *, username: str, password: str, now: datetime
) -> "User | None":
    """Return whose password it is elsewhere, by the first that knows. Raises what they do."""
    for method, prover in _provers.items():
        found = prover(tenant, user, username=username, password=password, now=now)
        if found is not None:
            setattr(found, _METHOD, method)
            return found
    return None


def method_of(user: "User") -> str:
    """Return by what somebody's password was proven who has just signed in by one."""
    return str(getattr(user, _METHOD, "password"))


def register_ways(lookup: Callable[[Tenant | None], Sequence[WayIn]]) -> None:
    """Let the sign-in page ask this function which ways a tenant has; None where the tenant is not known."""
    if lookup not in _lookups:
        _lookups.append(lookup)


def ways_of(tenant: Tenant | None) -> list[WayIn]:
    """Return the ways into a tenant, at most MAX_WAYS."""
    return [way for lookup in _lookups for way in lookup(tenant)][:MAX_WAYS]


def register_account_page(title: "str | StrPromise", url_name: str, icon: str) -> None:
    """Put a page into the menu; one that is there already keeps its place."""
    _pages[url_name] = AccountPage(title, url_name, icon)


def register_tally(name: str, tally: Callable[["User"], int]) -> None:
    """Let an app above say how many of something a person has, such as links; told beside our own counts."""
    _tallies[name] = tally


def tallied(name: str, user: "User") -> int:
    """Return how many of these the person has; 0 where no app counts them."""
    tally = _tallies.get(name)
    return 0 if tally is None else tally(user)


def account_pages() -> list[AccountPage]:
    """Return the menu, in the order of registration."""
    return list(_pages.values())
