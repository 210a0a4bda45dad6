"""What a tenant may use: its plan's limits, each of which may be set for the one tenant alone. Pure.

Which plan a tenant has, and its own limits, are columns of its row; what happens at a limit is where it is enforced.
"""

from dataclasses import dataclass, fields, replace
from typing import Final, Protocol

GIB: Final = 2**30
MAX_LIMIT: Final = 2**53
"""The largest value of a limit: what a program in JavaScript still counts exactly. Nothing reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one tenant. None: as much as the installation bears."""

    users_max: int | None = None
    """Active users. One more can be neither made nor activated (`tenant_users_limit`)."""

    storage_max_bytes: int | None = None
    """Files kept, all versions and previews included. It is recorded and counts for nothing as long as no app of this
    installation keeps files: from then on one more byte is not taken."""

    group_members_max: int | None = None
    """Members of one group (`group_full`); the installation's own bound, IM_GROUP_MEMBERS_MAX, holds beside it."""

    messages_per_minute_max: int | None = None
    """Messages of all its people together, per minute and serving process; a minute's worth may come at once. Those
    sent over REST are counted beside those of sessions. One more is refused (`rate_limited`)."""

    retention_days: int | None = None
    """What was said more than so many days ago is erased for good by the next run of `manage.py tenants expire`."""


LIMITS: Final = tuple(field.name for field in fields(Limits))
"""The names of the limits: columns of a tenant too, where they are null unless they differ from the plan's."""

SMALL: Final = "small"
STANDARD: Final = "standard"
UNLIMITED: Final = "unlimited"

PLANS: Final[dict[str, Limits]] = {
    SMALL: Limits(
        users_max=50,
        storage_max_bytes=20 * GIB,
        group_members_max=50,
        messages_per_minute_max=600,
        retention_days=365,
    ),
    STANDARD: Limits(
        users_max=1_000,
        storage_max_bytes=1_000 * GIB,
        group_members_max=500,
        messages_per_minute_max=12_000,
    ),
    UNLIMITED: Limits(),
}
"""Every plan by its name. A new tenant is unlimited: most installations have one tenant, their own."""


class Limited(Protocol):
    """What `limits_of` needs of a tenant: its plan, and its own limits, None where they are the plan's."""

    plan: str
    users_max: int | None
    storage_max_bytes: int | None
    group_members_max: int | None
    messages_per_minute_max: int | None
    retention_days: int | None


def limits_of(tenant: Limited) -> Limits:
    """Return what holds for the tenant: its own limits, and its plan's for the rest."""
    own = {name: getattr(tenant, name) for name in LIMITS}
    return replace(PLANS[tenant.plan], **{name: value for name, value in own.items() if value is not None})
