"""Who acts where a connection does something by itself: the tenant set it up to, so nobody's account does it."""

from apps.access.policies import Powers, held
from apps.access.scopes import tenant_scope
from apps.access.selectors import Program
from apps.access.units import all_units
from apps.identity.models import Connection


def program_of(connection: Connection) -> Program:
    """Return the actor that a connection is: every power in its tenant, none over anything above or beside it.

    So it may deactivate an administrator of the tenant who has left the company, but changes nobody who administers
    more than the tenant.
    """
    return Program(
        id=connection.pk,
        tenant_id=connection.tenant_id,
        login=f"{connection.kind}:{connection.name}"[:128],
        powers=Powers((held(all_units(), tenant_scope(connection.tenant_id)),)),
    )
