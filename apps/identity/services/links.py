"""Taking links away: one's own, or as an administrator."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.access.locators import locator_of
from apps.access.selectors import powers_of
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.retry import run_in_transaction
from apps.identity.errors import LastWayIn, LinkNotFound
from apps.identity.models import Link
from apps.identity.selectors import has_another_way_in, links_of
from apps.identity.services.arriving import link_entry
from apps.identity.units import LINKS_REMOVE


def unlink_account(user: User, *, link_id: UUID, now: datetime) -> None:
    """Take one of one's own links away. Raises LinkNotFound, or LastWayIn where she could not sign in any more."""

    def unlink() -> None:
        # Two at once would each see the other's link as the way that is left.
        User.objects.for_tenant(user.tenant_id).select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
        link = links_of(user).filter(pk=link_id).first()
        if link is None:
            raise LinkNotFound(link=str(link_id))
        link.user = user
        if not has_another_way_in(user, without=link):
            raise LastWayIn
        link.delete()
        record(link_entry("removed", link, now=now))

    run_in_transaction(unlink)


def remove_links(actor: User, *, links: Collection[Link], now: datetime) -> int:
    """Take people's links away as their administrator, and return how many there were.

    Somebody may be left without a way in, which is what it may be for. Raises NotPermitted.
    """

    def remove() -> int:
        powers = powers_of(actor, now=now)
        count = 0
        for link in links:
            for scope in locator_of(Link).scopes_of(link):
                powers.require(LINKS_REMOVE, scope)
            if Link.objects.for_tenant(link.tenant_id).filter(pk=link.pk).delete()[0]:
                record(link_entry("removed", link, now=now, actor=actor))
                count += 1
        return count

    return run_in_transaction(remove)
